/*
 * A disk that writes down what is done to it, for LD_PRELOAD: every write, cut, sync, new name, other name and removed name of the
 * files below DISK_FOLDER goes to DISK_LOG, from which `disk-log.ts` makes what a power cut would leave at any moment. Nothing is
 * really synced, which takes no time; DISK_SYNC_MICROS makes it take some. What is written to descriptor 1 is in the log as well.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAKE_FILE = 1, MAKE_FOLDER, WRITE, CUT, SYNC_BEGIN, SYNC_END, RENAME, LINK, UNLINK, SAY };
enum { FILES = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int logFile = -1;
static char folder[PATH_MAX];
static size_t folderLength;
static long syncMicros;
static int64_t syncs;
static unsigned char isWatched[FILES];

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (real == NULL) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void broken(const char *what) {
  dprintf(2, "recording-disk: %s: %s\n", what, strerror(errno));
  abort();
}

/* One record: kind, file, offset, lengths of path and data; then these. By the system call itself, which nobody intercepts. */
static void note(uint64_t kind, uint64_t file, int64_t offset, const char *path, const void *data, size_t length) {
  if (logFile < 0) return;
  uint64_t head[5] = {kind, file, (uint64_t)offset, path == NULL ? 0 : strlen(path), length};
  struct iovec parts[3] = {{head, sizeof head}, {(void *)path, head[3]}, {(void *)data, length}};
  ssize_t all = (ssize_t)(sizeof head + head[3] + length);
  if (syscall(SYS_writev, logFile, parts, 3) != all) broken("cannot write the log");
}

static uint64_t idOf(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) broken("fstat");
  return status.st_ino;
}

static uint64_t idAt(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 ? status.st_ino : 0;
}

/* A descriptor may have been closed by a system call of its own (libuv does so) and be something else now. */
static int watched(int fd) {
  struct stat status;
  if (fd < 0 || fd >= FILES || !isWatched[fd]) return 0;
  if (fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) return 1;
  return isWatched[fd] = 0;
}

/* The path below the folder, or NULL where it is elsewhere. */
static const char *below(int at, const char *path, char *whole) {
  if (logFile < 0 || path == NULL) return NULL;
  if (path[0] == '/') snprintf(whole, PATH_MAX, "%s", path);
  else {
    char base[PATH_MAX], link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t length = at == AT_FDCWD ? readlink("/proc/self/cwd", base, sizeof base - 1) : readlink(link, base, sizeof base - 1);
    if (length < 0) return NULL;
    base[length] = 0;
    if (snprintf(whole, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return NULL;
  }
  size_t end = strlen(whole);
  while (end > 1 && whole[end - 1] == '/') whole[--end] = 0;
  if (strncmp(whole, folder, folderLength) != 0) return NULL;
  if (whole[folderLength] == 0) return whole + folderLength;
  return whole[folderLength] == '/' ? whole + folderLength + 1 : NULL;
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("DISK_FOLDER"), *log = getenv("DISK_LOG"), *micros = getenv("DISK_SYNC_MICROS");
  if (path == NULL || log == NULL) return;
  snprintf(folder, sizeof folder, "%s", path);
  folderLength = strlen(folder);
  syncMicros = micros == NULL ? 0 : atol(micros);
  logFile = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (logFile < 0) broken("cannot open the log");
  note(MAKE_FOLDER, idAt(folder), 0, "", NULL, 0);
}

static int opened(int at, const char *path, int flags, mode_t mode) {
  REAL(int, "openat64", int, const char *, int, ...);
  char whole[PATH_MAX];
  const char *name = below(at, path, whole);
  if (name == NULL) return real(at, path, flags, mode);
  pthread_mutex_lock(&lock);
  int isThere = idAt(whole) != 0;
  int fd = real(at, path, flags, mode);
  int code = errno;
  if (fd >= 0) {
    if (fd >= FILES) broken("too many files");
    isWatched[fd] = 1;
    if (!isThere) note(MAKE_FILE, idOf(fd), 0, name, NULL, 0);
    else if ((flags & O_TRUNC) != 0) note(CUT, idOf(fd), 0, NULL, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  errno = code;
  return fd;
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE_OF(flags) return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE_OF(flags) return opened(at, path, flags, mode); }

int close(int fd) {
  REAL(int, "close", int);
  if (watched(fd)) isWatched[fd] = 0;
  return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (fd != 1 && !watched(fd)) return real(fd, bytes, count);
  pthread_mutex_lock(&lock);
  ssize_t written = real(fd, bytes, count);
  int code = errno;
  if (written > 0 && fd == 1) note(SAY, 0, 0, NULL, bytes, (size_t)written);
  else if (written > 0) note(WRITE, idOf(fd), lseek64(fd, 0, SEEK_CUR) - written, NULL, bytes, (size_t)written);
  pthread_mutex_unlock(&lock);
  errno = code;
  return written;
}

static ssize_t writtenAt(int fd, const void *bytes, size_t count, off64_t offset) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  if (!watched(fd)) return real(fd, bytes, count, offset);
  pthread_mutex_lock(&lock);
  ssize_t written = real(fd, bytes, count, offset);
  int code = errno;
  if (written > 0) note(WRITE, idOf(fd), offset, NULL, bytes, (size_t)written);
  pthread_mutex_unlock(&lock);
  errno = code;
  return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return writtenAt(fd, bytes, count, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) { return writtenAt(fd, bytes, count, offset); }

static int cutTo(int fd, off64_t length) {
  REAL(int, "ftruncate64", int, off64_t);
  if (!watched(fd)) return real(fd, length);
  pthread_mutex_lock(&lock);
  int result = real(fd, length);
  int code = errno;
  if (result == 0) note(CUT, idOf(fd), length, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = code;
  return result;
}

int ftruncate(int fd, off_t length) { return cutTo(fd, length); }
int ftruncate64(int fd, off64_t length) { return cutTo(fd, length); }

/* Only what had been written when it began is on the disk when it ends. */
static int synced(int fd) {
  pthread_mutex_lock(&lock);
  uint64_t file = idOf(fd);
  int64_t sync = (int64_t)(getpid() & 0xfffff) << 32 | ++syncs; /* exact as a double */
  note(SYNC_BEGIN, file, sync, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  if (syncMicros > 0) usleep((useconds_t)syncMicros);
  pthread_mutex_lock(&lock);
  note(SYNC_END, file, sync, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  return 0;
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  return watched(fd) ? synced(fd) : real(fd);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return watched(fd) ? synced(fd) : real(fd);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  char whole[PATH_MAX];
  const char *name = below(AT_FDCWD, path, whole);
  pthread_mutex_lock(&lock);
  int result = real(path, mode);
  int code = errno;
  if (result == 0 && name != NULL) note(MAKE_FOLDER, idAt(whole), 0, name, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = code;
  return result;
}

static int named(uint64_t kind, const char *from, const char *to, int (*real)(const char *, const char *)) {
  char wholeFrom[PATH_MAX], wholeTo[PATH_MAX];
  const char *nameFrom = below(AT_FDCWD, from, wholeFrom), *nameTo = below(AT_FDCWD, to, wholeTo);
  pthread_mutex_lock(&lock);
  int result = real(from, to);
  int code = errno;
  if (result == 0 && nameTo != NULL) {
    if (nameFrom == NULL) broken("a file comes from outside");
    note(kind, 0, 0, nameFrom, nameTo, strlen(nameTo));
  }
  pthread_mutex_unlock(&lock);
  errno = code;
  return result;
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  return named(RENAME, from, to, real);
}

int link(const char *from, const char *to) {
  REAL(int, "link", const char *, const char *);
  return named(LINK, from, to, real);
}

static int removed(const char *path, int (*real)(const char *)) {
  char whole[PATH_MAX];
  const char *name = below(AT_FDCWD, path, whole);
  pthread_mutex_lock(&lock);
  int result = real(path);
  int code = errno;
  if (result == 0 && name != NULL) note(UNLINK, 0, 0, name, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = code;
  return result;
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  return removed(path, real);
}

int rmdir(const char *path) {
  REAL(int, "rmdir", const char *);
  return removed(path, real);
}

int remove(const char *path) {
  REAL(int, "remove", const char *);
  return removed(path, real);
}

int unlinkat(int at, const char *path, int flags) {
  REAL(int, "unlinkat", int, const char *, int);
  char whole[PATH_MAX];
  const char *name = below(at, path, whole);
  pthread_mutex_lock(&lock);
  int result = real(at, path, flags);
  int code = errno;
  if (result == 0 && name != NULL) note(UNLINK, 0, 0, name, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = code;
  return result;
}

/* Ways of writing that nobody here uses: who begins to has to be seen. */
#define UNSEEN(fd, what) if (watched(fd)) { errno = ENOTSUP; broken(what); }

static ssize_t gathered(int fd, const struct iovec *parts, int count, off64_t offset) {
  ssize_t all = 0;
  for (int part = 0; part < count; part++) {
    ssize_t written = offset < 0 ? write(fd, parts[part].iov_base, parts[part].iov_len)
                                 : writtenAt(fd, parts[part].iov_base, parts[part].iov_len, offset + all);
    if (written < 0) return all > 0 ? all : -1;
    all += written;
    if ((size_t)written < parts[part].iov_len) break;
  }
  return all;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  return watched(fd) ? gathered(fd, parts, count, -1) : real(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
  return watched(fd) ? gathered(fd, parts, count, offset) : real(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t);
  return watched(fd) ? gathered(fd, parts, count, offset) : real(fd, parts, count, offset);
}

int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  REAL(int, "posix_fallocate64", int, off64_t, off64_t);
  UNSEEN(fd, "posix_fallocate")
  return real(fd, offset, length);
}
