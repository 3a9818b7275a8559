"""The restaurants' API, the desk and the restaurants' pages."""
