#include <wchar.h>

/* python.exe and pythonw.exe: hand the command line to the Python DLL, as CPython's own launchers do.
   Declared here, because the headers of CPython for Windows are not at hand. */
int Py_Main(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    return Py_Main(argc, argv);
}
