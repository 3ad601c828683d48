"""Calendar servers from Debian packages, started on loopback in temporary folders, and clients, for `make interop`."""
