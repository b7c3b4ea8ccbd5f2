// SPDX-License-Identifier: ISC
#include "daemon/os/shared_memory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <string>

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

    TEST_CASE("who was given the memory for reading finds no way to write it") {
        const SharedMemory memory(4096);
        const UniqueFd reading = open_read_only(memory.fd());
        REQUIRE(reading);
        const int fd = reading.get();
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(memory.fd());
            // The owner may; whoever is not even another user has nothing to be kept from.
            const bool another = ::getuid() == 0 && ::setgid(65534) == 0 && ::setuid(65534) == 0;
            const std::string path = "/proc/self/fd/" + std::to_string(fd);
            void* const shown = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
            int ways = 0;
            if (shown == MAP_FAILED) ways |= 1;
            if (::mprotect(shown, 4096, PROT_READ | PROT_WRITE) == 0) ways |= 2;
            if (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED)
                ways |= 4;
            if (::write(fd, "x", 1) > 0) ways |= 8;
            if (another) {
                if (::open(path.c_str(), O_RDWR) >= 0 || ::open(path.c_str(), O_WRONLY) >= 0)
                    ways |= 16;
                if (::fchmod(fd, 0666) == 0) ways |= 32;
            }
            ::_exit(ways);
        }
        int status = 0;
        REQUIRE(::waitpid(pid, &status, 0) == pid);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
        static_cast<char*>(memory.address())[7] = 'y';
        char seen = 0;
        CHECK(::pread(fd, &seen, 1, 7) == 1);
        CHECK(seen == 'y');
    }
}
