"""The toolchain that builds and runs the Windows program on Linux."""
