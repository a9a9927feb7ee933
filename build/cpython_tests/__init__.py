"""Do the binaries and the library of the Windows Python fit? CPython's own tests are asked."""
