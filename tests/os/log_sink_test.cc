// SPDX-License-Identifier: ISC
#include "daemon/os/log_sink.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace minetd;

namespace {

/// A log file that goes with the test.
struct LogFile {
    LogFile() {
        REQUIRE(::mkdtemp(directory) != nullptr);
        path = std::string(directory) + "/log";
    }
    ~LogFile() {
        for (const std::string& file : {path, path + ".1"}) ::unlink(file.c_str());
        ::rmdir(directory);
    }
    std::string contents() const {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    char directory[32] = "/tmp/minetd-sink-XXXXXX";
    std::string path;
};

}  // namespace

TEST_SUITE("os") {
    TEST_CASE("a log file keeps to its limits, to the byte") {
        // Lines of ten bytes, their ends included.
        const std::string line = "123456789";
        const struct {
            SizeLimits limits;
            std::size_t before;  ///< bytes that the file has already
            unsigned lines;
            std::size_t size;     ///< bytes in the end
            unsigned soft, hard;  ///< how often each was told
        } rows[] = {
            {{0, 0}, 0, 100, 1000, 0, 0},   {{50, 100}, 0, 5, 50, 0, 0},
            {{50, 100}, 0, 6, 60, 1, 0},    {{50, 100}, 0, 10, 100, 1, 0},
            {{50, 100}, 0, 11, 100, 1, 1},  {{50, 100}, 0, 90, 100, 1, 1},
            {{50, 99}, 0, 90, 90, 1, 1},    {{49, 100}, 0, 5, 50, 1, 0},
            {{0, 100}, 0, 90, 100, 0, 1},   {{50, 0}, 0, 90, 900, 1, 0},
            {{100, 100}, 0, 90, 100, 0, 1}, {{50, 100}, 45, 1, 55, 1, 0},
            {{50, 100}, 95, 1, 95, 0, 1},   {{50, 100}, 200, 3, 200, 0, 1},
            {{50, 100}, 90, 3, 100, 1, 1},  {{5, 9}, 0, 3, 0, 0, 1},
        };
        for (const auto& row : rows) {
            CAPTURE(row.limits.soft);
            CAPTURE(row.limits.hard);
            CAPTURE(row.before);
            CAPTURE(row.lines);
            const LogFile file;
            std::ofstream(file.path) << std::string(row.before, 'x');
            std::vector<std::string> told;
            const auto sink =
                file_sink(file.path, [&told](const std::string& text) { told.push_back(text); });
            sink->limit(row.limits);
            for (unsigned i = 0; i < row.lines; ++i) sink->write(Level::info, line);
            CHECK(file.contents().size() == row.size);
            unsigned soft = 0, hard = 0;
            for (const std::string& text : told) {
                CHECK(text.starts_with(file.path + " is at its "));
                soft += text.find(" soft limit of ") != std::string::npos;
                hard += text.find(" hard limit of ") != std::string::npos;
            }
            CHECK(soft == row.soft);
            CHECK(hard == row.hard);
        }
    }

    TEST_CASE("a line that is too long is cut, and the next one is a line of its own") {
        for (const std::size_t length : {4094U, 4095U, 4096U, 4097U, 10'000U}) {
            CAPTURE(length);
            const LogFile file;
            const auto sink = file_sink(file.path);
            const std::string line(length, 'x');
            sink->write(Level::info, line);
            sink->write(Level::info, "next");
            CHECK(file.contents() == line.substr(0, 4095) + "\nnext\n");
        }
    }

    TEST_CASE("a full log file is written again once it is reopened, and only then") {
        const LogFile file;
        std::vector<std::string> told;
        const auto sink =
            file_sink(file.path, [&told](const std::string& text) { told.push_back(text); });
        sink->limit({.soft = 10, .hard = 20});
        for (const char* line : {"first", "second", "third", "x"}) sink->write(Level::info, line);
        CHECK(file.contents() == "first\nsecond\nthird\n");
        CHECK(told.size() == 2);

        // Cut off in place: still closed.
        REQUIRE(::truncate(file.path.c_str(), 0) == 0);
        sink->write(Level::info, "lost");
        CHECK(file.contents().empty());

        REQUIRE(std::rename(file.path.c_str(), (file.path + ".1").c_str()) == 0);
        sink->reopen();
        for (const char* line : {"fourth", "fifth", "sixth", "x"}) sink->write(Level::info, line);
        CHECK(file.contents() == "fourth\nfifth\nsixth\n");
        CHECK(told.size() == 4);

        // Reopened as it is: full at once, and told once more.
        sink->reopen();
        sink->write(Level::info, "seventh");
        sink->write(Level::info, "eighth");
        CHECK(file.contents() == "fourth\nfifth\nsixth\n");
        CHECK(told.size() == 5);
    }
}
