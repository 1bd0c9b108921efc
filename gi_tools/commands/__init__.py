"""The commands of ``gi``, a module for each kind; ``cli`` puts them together."""
