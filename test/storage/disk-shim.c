/*
 * A disk that forgets and fails, for LD_PRELOAD. It is about the files below SHIM_DIR only.
 *
 * SHIM_SYNCED: a folder that gets an image of each file as of its last sync: what a power cut would leave at least.
 * SHIM_FAIL_AT=N, SHIM_FAIL_WITH=ERRNO|short|kill: the N-th write, cut or sync (from 1) fails so, or the process is killed instead
 * of it; with SHIM_FAIL_ON=1 all later ones fail too.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long acts = 0;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* The path of a descriptor behind SHIM_DIR, or NULL where it is not about that file. */
static const char *pathOf(int fd, char *path) {
  char link[64];
  const char *dir = getenv("SHIM_DIR");
  struct stat status;
  if (dir == NULL || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  size_t prefix = strlen(dir);
  return strncmp(path, dir, prefix) == 0 && path[prefix] == '/' ? path + prefix + 1 : NULL;
}

/* 0 where the act goes well, else an errno, or -1 for a short write. */
static int failure(void) {
  const char *at = getenv("SHIM_FAIL_AT"), *with = getenv("SHIM_FAIL_WITH");
  if (at == NULL || with == NULL) return 0;
  long act = __atomic_add_fetch(&acts, 1, __ATOMIC_SEQ_CST);
  if (act != atol(at) && !(getenv("SHIM_FAIL_ON") != NULL && act > atol(at))) return 0;
  if (strcmp(with, "kill") == 0) raise(SIGKILL);
  return strcmp(with, "short") == 0 ? -1 : atoi(with);
}

static void keepImage(int fd, const char *name) {
  const char *folder = getenv("SHIM_SYNCED");
  if (folder == NULL) return;
  char target[2 * PATH_MAX + 8], part[2 * PATH_MAX + 16], flat[PATH_MAX], source[64];
  snprintf(flat, sizeof flat, "%s", name);
  for (char *at = flat; *at; at++) if (*at == '/') *at = '%';
  snprintf(target, sizeof target, "%s/%s", folder, flat);
  snprintf(part, sizeof part, "%s.part", target);
  /* Closing another descriptor of a file would drop SQLite's locks on it (POSIX), so this one is read. */
  snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
  ssize_t (*write_)(int, const void *, size_t) = real("write");
  pthread_mutex_lock(&lock);
  int to = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  char block[65536];
  off_t offset = 0;
  ssize_t length;
  while ((length = pread(fd, block, sizeof block, offset)) > 0) {
    if (write_(to, block, (size_t)length) != length) abort();
    offset += length;
  }
  /* The trail's files are open for writing alone, and have no locks. */
  if (length < 0) {
    int from = open(source, O_RDONLY);
    if (from < 0) abort();
    while ((length = read(from, block, sizeof block)) > 0)
      if (write_(to, block, (size_t)length) != length) abort();
    close(from);
  }
  close(to);
  if (rename(part, target) != 0) abort();
  pthread_mutex_unlock(&lock);
}

static int synced(int fd, const char *call) {
  int (*sync_)(int) = real(call);
  char path[PATH_MAX];
  const char *name = pathOf(fd, path);
  if (name == NULL) return sync_(fd);
  int code = failure();
  if (code != 0) { errno = code > 0 ? code : EIO; return -1; }
  int result = sync_(fd);
  if (result == 0) keepImage(fd, name);
  return result;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  ssize_t (*pwrite_)(int, const void *, size_t, off64_t) = real("pwrite64");
  char path[PATH_MAX];
  int code = pathOf(fd, path) == NULL ? 0 : failure();
  if (code > 0) { errno = code; return -1; }
  return pwrite_(fd, bytes, code < 0 ? count / 2 : count, offset);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  ssize_t (*write_)(int, const void *, size_t) = real("write");
  char path[PATH_MAX];
  int code = pathOf(fd, path) == NULL ? 0 : failure();
  if (code > 0) { errno = code; return -1; }
  return write_(fd, bytes, code < 0 ? count / 2 : count);
}

int ftruncate64(int fd, off64_t length) {
  int (*ftruncate_)(int, off64_t) = real("ftruncate64");
  char path[PATH_MAX];
  int code = pathOf(fd, path) == NULL ? 0 : failure();
  if (code != 0) { errno = code > 0 ? code : EIO; return -1; }
  return ftruncate_(fd, length);
}
