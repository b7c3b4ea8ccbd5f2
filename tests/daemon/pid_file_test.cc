// SPDX-License-Identifier: ISC
#include "daemon/pid_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
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

    TEST_CASE("another's file under the name of a pid file is left as it is") {
        char directory[] = "/tmp/minetd-pid-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        const std::string path = std::string(directory) + "/pid", other = path + ".other";
        for (const auto link : {::link, ::symlink}) {
            std::ofstream(other) << "another's";
            REQUIRE(link(other.c_str(), path.c_str()) == 0);
            CHECK_THROWS(PidFile{path});
            std::string text;
            std::getline(std::ifstream(other), text);
            CHECK(text == "another's");
            ::unlink(path.c_str());
        }
        CHECK_THROWS(PidFile{"/dev/null"});
        CHECK(::access("/dev/null", F_OK) == 0);
        ::unlink(other.c_str());
        ::rmdir(directory);
    }

    TEST_CASE("a pid file that somebody left is removed, if it is his and nobody else's") {
        char directory[] = "/tmp/minetd-pid-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        const std::string path = std::string(directory) + "/pid", link = path + ".link";
        const auto exists = [&] { return ::access(path.c_str(), F_OK) == 0; };
        const auto leave = [&](const std::string& text) { std::ofstream(path) << text; };
        for (const char* text : {"4711\n", "47112\n", "", "no number"}) {
            CAPTURE(std::string(text));
            leave(text);
            remove_left_pid_file(path, 4712);
            CHECK(exists());
        }
        {
            const PidFile held(path, 4712);
            remove_left_pid_file(path, 4712);
            CHECK(exists());
        }
        CHECK_FALSE(exists());
        leave("4712\n");
        REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
        remove_left_pid_file(link, 4712);
        CHECK(exists());
        remove_left_pid_file(path, 4712);
        CHECK_FALSE(exists());
        remove_left_pid_file(path, 4712);
        remove_left_pid_file("", 4712);
        ::unlink(link.c_str());
        CHECK(::rmdir(directory) == 0);
    }

    TEST_CASE("the pid file of a former image stays, or goes when there is another") {
        char directory[] = "/tmp/minetd-pid-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        const std::string path = std::string(directory) + "/pid", other = path + "2";
        const auto exists = [](const std::string& file) {
            return ::access(file.c_str(), F_OK) == 0;
        };
        // As after execve(2): nobody destroys the first, and its descriptor is there still.
        const auto former = [](const std::string& file) {
            UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
            REQUIRE(::flock(fd.get(), LOCK_EX | LOCK_NB) == 0);
            return PidFile::Former{std::move(fd)};
        };
        {
            const PidFile same(path, former(path));
            CHECK(same.problem().empty());
            CHECK_THROWS_AS(PidFile{path}, std::runtime_error);
        }
        CHECK_FALSE(exists(path));
        {
            const PidFile moved(other, former(path));
            CHECK(moved.problem().empty());
            CHECK_FALSE(exists(path));
            CHECK(exists(other));
        }
        CHECK_FALSE(exists(other));
        {
            const PidFile kept("/nonexistent/directory/pid", former(path));
            CHECK(kept.problem().find("/nonexistent/directory/pid") != std::string::npos);
            CHECK(kept.fd() >= 0);
            CHECK(exists(path));
            const PidFile held(path, PidFile::Former{});
            CHECK(held.problem().find("is held by another minetd") != std::string::npos);
            CHECK(held.fd() == -1);
        }
        CHECK_FALSE(exists(path));
        {
            const PidFile none("", former(path));
            CHECK(none.fd() == -1);
        }
        CHECK_FALSE(exists(path));
        ::rmdir(directory);
    }
}
