"""Mail: how a message is built (`message`, pure) and how it leaves (`smtp`)."""
