"""Calendar servers from Debian packages, started on loopback in temporary folders, for `make interop`."""
