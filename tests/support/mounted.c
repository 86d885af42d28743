/* Makes files behave as on a drive that is mounted from far away, when preloaded: no locks (ENOTSUP),
   a new name is not seen at first, and a renamed file keeps its old name for a while. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int refused(int command) {
  return command == F_SETLK || command == F_SETLKW || command == F_GETLK;
}

#define FCNTL(name)                                                        \
  int name(int file, int command, ...) {                                   \
    va_list rest;                                                          \
    va_start(rest, command);                                               \
    void *argument = va_arg(rest, void *);                                 \
    va_end(rest);                                                          \
    if (refused(command)) {                                                \
      fprintf(stderr, "lock refused\n");                                   \
      errno = ENOTSUP;                                                     \
      return -1;                                                           \
    }                                                                      \
    int (*real)(int, int, ...) = dlsym(RTLD_NEXT, #name);                  \
    return real(file, command, argument);                                  \
  }
FCNTL(fcntl)
FCNTL(fcntl64)

static char seen[64][512];
static int names;

int access(const char *path, int mode) {
  int (*real)(const char *, int) = dlsym(RTLD_NEXT, "access");
  if (strstr(path, "tfevents") && strlen(path) < 512 && names < 64) {
    int known = 0;
    for (int i = 0; i < names; i++) known |= !strcmp(seen[i], path);
    if (!known) {
      strcpy(seen[names++], path);
      fprintf(stderr, "not seen yet\n");
      errno = ENOENT;
      return -1;
    }
  }
  return real(path, mode);
}

struct renaming { char *from, *to; };

static void *later(void *argument) {
  struct renaming *one = argument;
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  usleep(200000);
  real(one->from, one->to);
  return NULL;
}

int rename(const char *from, const char *to) {
  struct renaming *one = malloc(sizeof *one);
  pthread_t thread;
  one->from = realpath(from, NULL);
  one->to = strdup(to);
  if (!one->from) {
    errno = ENOENT;
    return -1;
  }
  fprintf(stderr, "renamed late\n");
  return pthread_create(&thread, NULL, later, one);
}

__attribute__((destructor)) static void wait_for_them(void) { usleep(600000); }
