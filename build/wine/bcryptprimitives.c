/* bcryptprimitives.dll: part of Windows since 8.1, not of Wine 8. Programs written in Rust (pydantic-core) start with it.
   https://learn.microsoft.com/windows/win32/seccng/processprng */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!RtlGenRandom(data, part))
            return FALSE;
        data += part;
        length -= part;
    }
    return TRUE;
}
