/* A file system without locks: flock(2) fails with the error number in FLOCK_ERRNO, ENOSYS by default. */
#include <errno.h>
#include <stdlib.h>

int flock(int file, int operation) {
    const char *number = getenv("FLOCK_ERRNO");
    (void)file;
    (void)operation;
    errno = number ? atoi(number) : ENOSYS;
    return -1;
}
