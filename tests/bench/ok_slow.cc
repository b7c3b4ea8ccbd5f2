// SPDX-License-Identifier: ISC
// ok_slow: takes a second, then says ok.

#include <unistd.h>

int main() {
    sleep(1);
    return write(STDOUT_FILENO, "ok\n", 3) == 3 ? 0 : 1;
}
