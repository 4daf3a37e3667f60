"""The stores: one class per stage or door, each a set of short transactions on the same tables."""
