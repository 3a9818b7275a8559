"""A co-op's money lived at random: steps by noun, a model of sums beside the books, and failures put in their way."""
