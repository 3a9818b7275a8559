"""What the members decide: what proposed rules would have done."""

from payments.resolutions.reckoning import CoOpSums, PastOrder, Reckoning, RiderSums, as_of, reckon

__all__ = ["CoOpSums", "PastOrder", "Reckoning", "RiderSums", "as_of", "reckon"]
