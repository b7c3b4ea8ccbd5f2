// SPDX-License-Identifier: ISC
#include "daemon/pid_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

using namespace minetd;

TEST_SUITE("daemon") {
    TEST_CASE("a pid file is one daemon's, and gone with it") {
        char directory[] = "/tmp/minetd-pid-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        const std::string path = std::string(directory) + "/pid";
        {
            const PidFile first(path);
            pid_t pid = 0;
            std::ifstream(path) >> pid;
            CHECK(pid == ::getpid());
            CHECK_THROWS_AS(PidFile{path}, std::runtime_error);
        }
        CHECK(::access(path.c_str(), F_OK) < 0);
        CHECK_NOTHROW(PidFile{std::string()});
        CHECK_THROWS(PidFile{"/nonexistent/directory/pid"});
        ::rmdir(directory);
    }
}
