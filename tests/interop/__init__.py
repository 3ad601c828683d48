"""Calendar servers and a mail program from Debian packages, started in temporary folders, for `make interop`."""
