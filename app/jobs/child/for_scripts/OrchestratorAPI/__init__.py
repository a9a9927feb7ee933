"""The folder in which the vendor's framework keeps its helper."""  # noqa: N999 - the vendor's name
