"""Generated classes in which some hand-ins are mangled, and what must hold of every one of them."""
