// SPDX-License-Identifier: ISC
#include "daemon/error_output.h"

#include <doctest/doctest.h>

#include <vector>

using namespace minetd;

TEST_SUITE("daemon") {
    TEST_CASE("what programs complain of becomes lines, cut where they never end") {
        EventLoop loop;
        std::vector<std::string> heard;
        const std::size_t expected = 4;
        ErrorOutput output(loop, [&](const std::string& line) {
            heard.push_back(line);
            if (heard.size() == expected) loop.stop();
        });
        const std::string text =
            "one\n\ntwo half" + std::string(" and half\n") + std::string(1100, 'x') + "\n";
        REQUIRE(::write(output.write_end(), text.data(), text.size()) ==
                static_cast<ssize_t>(text.size()));
        loop.run();
        REQUIRE(heard.size() == expected);
        CHECK(heard[0] == "one");
        CHECK(heard[1] == "two half and half");
        CHECK(heard[2].size() == 1024);
        CHECK(heard[3].size() == 76);
    }

    TEST_CASE("what was said last is heard, and no more than the pipe held of one who never ends") {
        EventLoop loop;
        std::vector<std::string> heard;
        UniqueFd kept;
        {
            ErrorOutput output(loop, [&](const std::string& line) { heard.push_back(line); });
            kept.reset(::dup(output.write_end()));
            REQUIRE(::write(kept.get(), "one\ntwo", 7) == 7);
        }
        CHECK(heard == std::vector<std::string>{"one", "two"});
    }
}
