// SPDX-License-Identifier: ISC
#include "daemon/os/identity.h"

#include <doctest/doctest.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

using namespace minetd;

TEST_SUITE("os") {
    TEST_CASE("users and groups are found by name and by number") {
        const Identity root = resolve_identity("root", "", true);
        CHECK(root.uid == 0);
        CHECK(root.gid == 0);
        CHECK(root.user == "root");
        CHECK(resolve_identity("0", "", false).user == "root");
        const Identity number = resolve_identity("54321", "", true);
        CHECK(number.uid == 54321);
        CHECK(number.gid == 54321);  // as xinetd
        CHECK(number.groups.empty());
        CHECK(resolve_identity("nobody", "root", false).gid == 0);
        CHECK(resolve_identity("", "", false).uid == ::geteuid());
        CHECK(resolve_identity("root", "", false).groups.empty());
        CHECK_FALSE(root.groups.empty());
    }

    TEST_CASE("processes of minetd's own are nobody where there is no user for them, and no root") {
        const Identity own = own_identity();
        const bool there = ::getpwnam("minetd") != nullptr;
        CHECK(own.user == (::geteuid() != 0 ? resolve_identity("", "", false).user
                           : there          ? "minetd"
                                            : "nobody"));
        CHECK(own.groups.empty());
        CHECK(own.change == (::geteuid() == 0));
    }

    TEST_CASE("what is unknown is named") {
        CHECK_THROWS_WITH_AS(resolve_identity("no-such-user", "", true),
                             "unknown user `no-such-user'", std::runtime_error);
        CHECK_THROWS_WITH_AS(resolve_identity("root", "no-such-group", true),
                             "unknown group `no-such-group'", std::runtime_error);
    }

    TEST_CASE("an assumed identity is for good") {
        if (::geteuid() != 0) {
            CHECK_FALSE(resolve_identity("nobody", "", true).change);
            return;
        }
        const Identity nobody = resolve_identity("nobody", "", true);
        const pid_t pid = ::fork();
        if (pid == 0) {
            assume_identity(nobody);
            const bool gone = ::getuid() == nobody.uid && ::geteuid() == nobody.uid &&
                              ::getegid() == nobody.gid && ::setuid(0) < 0 && ::setgid(0) < 0;
            ::_exit(gone ? 7 : 1);
        }
        int status = 0;
        REQUIRE(::waitpid(pid, &status, 0) == pid);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 7);
    }
}
