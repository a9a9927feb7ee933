/* A share that hangs: with LD_PRELOAD, every call that names a path below $SLOW_SHARE waits while $SLOW_SHARE_HANGS exists.
   As a thread in such a call does on a dead network drive, the calling thread alone stands still. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_for_share(const char *path) {
    const char *share = getenv("SLOW_SHARE"), *flag = getenv("SLOW_SHARE_HANGS");
    struct timespec pause = {0, 20000000};
    if (!path || !share || !flag || strncmp(path, share, strlen(share))) return;
    while (syscall(SYS_access, flag, F_OK) == 0) nanosleep(&pause, NULL);
}
static void wait_always(const char *path) { wait_for_share(path); }
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        wait_for_share(path); return REAL(name)(path, flags, mode); }
OPENS(open)
OPENS(open64)
int openat(int at, const char *path, int flags, ...) {
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest);
    wait_for_share(path); return REAL(openat)(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) {
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest);
    wait_for_share(path); return REAL(openat64)(at, path, flags, mode); }
FILE *fopen(const char *path, const char *mode) { wait_for_share(path); return REAL(fopen)(path, mode); }
FILE *fopen64(const char *path, const char *mode) { wait_for_share(path); return REAL(fopen64)(path, mode); }
int stat(const char *path, struct stat *to) { wait_for_share(path); return REAL(stat)(path, to); }
int lstat(const char *path, struct stat *to) { wait_for_share(path); return REAL(lstat)(path, to); }
int stat64(const char *path, struct stat64 *to) { wait_for_share(path); return REAL(stat64)(path, to); }
int lstat64(const char *path, struct stat64 *to) { wait_for_share(path); return REAL(lstat64)(path, to); }
int fstatat(int at, const char *path, struct stat *to, int flags) {
    wait_for_share(path); return REAL(fstatat)(at, path, to, flags); }
int fstatat64(int at, const char *path, struct stat64 *to, int flags) {
    wait_for_share(path); return REAL(fstatat64)(at, path, to, flags); }
int access(const char *path, int mode) { wait_for_share(path); return REAL(access)(path, mode); }
ssize_t readlink(const char *path, char *to, size_t size) { wait_for_share(path); return REAL(readlink)(path, to, size); }
DIR *opendir(const char *path) { wait_for_share(path); return REAL(opendir)(path); }
int chdir(const char *path) { wait_always(path); return REAL(chdir)(path); }
int execve(const char *path, char *const arguments[], char *const environment[]) {
    wait_for_share(path); return REAL(execve)(path, arguments, environment); }
