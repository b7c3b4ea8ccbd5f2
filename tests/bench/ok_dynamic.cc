// SPDX-License-Identifier: ISC
// The ordinary program a service starts: the dynamic linker and the C library come up first.

#include <unistd.h>

int main() {
    return write(STDOUT_FILENO, "ok\n", 3) == 3 ? 0 : 1;
}
