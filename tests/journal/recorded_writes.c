/* What a program does to files below $RECORD_FOLDER, in order, with LD_PRELOAD: one record each in the file $RECORD_TO.
   "W offset size path\n" and the bytes, "T size path\n" (truncated), "S path\n" (synced), "U path\n" (unlinked),
   "R old\nnew\n" (renamed). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
static int record = -1;

static int below(const char *path) {
    const char *folder = getenv("RECORD_FOLDER");
    size_t size = strlen(path);
    if (!folder || strncmp(path, folder, strlen(folder)) || (size > 4 && !strcmp(path + size - 4, "-shm"))) return 0;
    if (record < 0) record = open(getenv("RECORD_TO"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    return 1;
}
static int known(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    if (size <= 0 || fd == record) return 0;
    path[size] = 0;
    return below(path);
}
static void put(const char *head, int size, const void *data, size_t count) {
    struct iovec parts[2] = {{(void *)head, (size_t)size}, {(void *)data, count}};
    if (writev(record, parts, 2) != (ssize_t)(size + count)) abort();
}
static void wrote(int fd, const void *data, ssize_t count, long long offset) {
    char path[PATH_MAX], head[PATH_MAX + 64];
    if (count > 0 && known(fd, path))
        put(head, snprintf(head, sizeof head, "W %lld %zd %s\n", offset, count, path), data, (size_t)count);
}
static void did(char what, int fd, long long size) {
    char path[PATH_MAX], head[PATH_MAX + 64];
    if (!known(fd, path)) return;
    put(head, what == 'S' ? snprintf(head, sizeof head, "S %s\n", path)
                          : snprintf(head, sizeof head, "T %lld %s\n", size, path), "", 0);
}
ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) {
    ssize_t done = REAL(pwrite)(fd, data, count, offset); wrote(fd, data, done, offset); return done; }
ssize_t pwrite64(int fd, const void *data, size_t count, off64_t offset) {
    ssize_t done = REAL(pwrite64)(fd, data, count, offset); wrote(fd, data, done, offset); return done; }
ssize_t write(int fd, const void *data, size_t count) {
    long long offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = REAL(write)(fd, data, count); if (offset >= 0) wrote(fd, data, done, offset); return done; }
int ftruncate(int fd, off_t size) { int done = REAL(ftruncate)(fd, size); did('T', fd, size); return done; }
int ftruncate64(int fd, off64_t size) { int done = REAL(ftruncate64)(fd, size); did('T', fd, size); return done; }
int fsync(int fd) { int done = REAL(fsync)(fd); did('S', fd, 0); return done; }
int fdatasync(int fd) { int done = REAL(fdatasync)(fd); did('S', fd, 0); return done; }
int unlink(const char *path) {
    char head[PATH_MAX + 64];
    if (below(path)) put(head, snprintf(head, sizeof head, "U %s\n", path), "", 0);
    return REAL(unlink)(path); }
int rename(const char *old, const char *new) {
    char head[2 * PATH_MAX + 64];
    if (below(old)) put(head, snprintf(head, sizeof head, "R %s\n%s\n", old, new), "", 0);
    return REAL(rename)(old, new); }
