"""Mail: how one is built (`message`, pure) and leaves (`smtp`), comes in (`inbox`) and is read (`incoming`, pure)."""
