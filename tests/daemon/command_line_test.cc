// SPDX-License-Identifier: ISC
#include "daemon/command_line.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace minetd;

namespace {

CommandLine parse(std::vector<std::string> words) {
    words.insert(words.begin(), "minetd");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("the file is named by --config, behind --check and --dump, or alone") {
        using Action = CommandLine::Action;
        const struct {
            std::vector<std::string> words;
            Action action;
            const char* config;
            Dialect dialect;
        } rows[] = {
            {{"-f", "/x"}, Action::serve, "/x", Dialect::automatic},
            {{"--config=/x", "--check"}, Action::check, "/x", Dialect::automatic},
            {{"--check", "/x"}, Action::check, "/x", Dialect::automatic},
            {{"--dump", "/x", "--dialect", "inetd-bsd"}, Action::dump, "/x", Dialect::inetd_bsd},
            {{"--dump", "--dialect", "inetd-gnu", "/x"}, Action::dump, "/x", Dialect::inetd_gnu},
            {{"/x"}, Action::serve, "/x", Dialect::automatic},
            {{"--attributes"}, Action::attributes, nullptr, Dialect::automatic},
        };
        for (const auto& row : rows) {
            CAPTURE(row.words.front());
            const CommandLine line = parse(row.words);
            CHECK(line.action == row.action);
            CHECK(line.dialect == row.dialect);
            if (row.config != nullptr) CHECK(line.config == row.config);
        }
        CHECK(parse({"--explain", "cps"}).attribute == "cps");
        CHECK(parse({"--log", "file:/x"}).log->path == "/x");
        CHECK(parse({"--strict", "--foreground"}).strict);
    }
}
