// SPDX-License-Identifier: ISC
#include "daemon/os/shared_memory.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/wait.h>

using namespace minetd;

TEST_SUITE("os") {
    TEST_CASE("a child reaches the memory only by mapping it, and nobody can shrink it") {
        SharedMemory memory(8192);
        CHECK(::ftruncate(memory.fd(), 0) < 0);
        const pid_t pid = ::fork();
        if (pid == 0) {
            // The parent's mapping was not inherited: the page is not there.
            unsigned char resident;
            const bool absent = ::mincore(memory.address(), 4096, &resident) < 0;
            memory.remap();
            static_cast<char*>(memory.address())[100] = 'x';
            ::_exit(absent ? 7 : 1);
        }
        int status = 0;
        REQUIRE(::waitpid(pid, &status, 0) == pid);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 7);
        CHECK(static_cast<char*>(memory.address())[100] == 'x');
    }
}
