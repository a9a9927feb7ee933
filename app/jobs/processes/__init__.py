"""Starting a process together with everything that it will start, and ending all of it."""
