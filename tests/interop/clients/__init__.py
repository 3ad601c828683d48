"""Mail programs that people have, on whose screens our invitations are opened and answered, for `make interop`."""
