// SPDX-License-Identifier: ISC
// Files after the shapes of the family's real ones. Each says in `#=` lines what is expected of it.
#include <dirent.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

std::vector<std::string> corpus() {
    const std::string directory = MINETD_TEST_SOURCES "/config/corpus";
    std::vector<std::string> files;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(directory.c_str()), closedir);
    REQUIRE(dir);
    while (const dirent* entry = readdir(dir.get()))
        if (std::string_view(entry->d_name).ends_with(".conf"))
            files.push_back(directory + "/" + entry->d_name);
    std::sort(files.begin(), files.end());
    return files;
}

struct Expectation {
    Dialect dialect = Dialect::automatic;
    int services = -1;
    unsigned errors = 0, warnings = 0;
    bool fatal = false;
    std::vector<std::string> keys, says, dumps;
};

Expectation expectation_of(const std::string& file) {
    Expectation expected;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with("#= ")) continue;
        std::istringstream words(line.substr(3));
        std::string what, value;
        words >> what >> std::ws;
        std::getline(words, value);
        if (what == "dialect")
            expected.dialect = dialect_from(value);
        else if (what == "services")
            expected.services = std::stoi(value);
        else if (what == "errors")
            expected.errors = static_cast<unsigned>(std::stoul(value));
        else if (what == "warnings")
            expected.warnings = static_cast<unsigned>(std::stoul(value));
        else if (what == "fatal")
            expected.fatal = true;
        else if (what == "key")
            expected.keys.push_back(value);
        else if (what == "says")
            expected.says.push_back(value);
        else if (what == "dumps")
            expected.dumps.push_back(value);
        else
            FAIL("unknown expectation: " << line);
    }
    return expected;
}

/// Blanks in a row count as one: the dump pads its columns.
std::string squeezed(const std::string& text) {
    std::string out;
    for (const char c : text)
        if (c != ' ' || out.empty() || out.back() != ' ') out += c;
    return out;
}

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("the corpus is read as each file says") {
        const std::vector<std::string> files = corpus();
        CHECK(files.size() >= 40);
        for (const std::string& file : files) {
            CAPTURE(file);
            const Expectation expected = expectation_of(file);
            const Reading reading = load(file, options(expected.dialect));
            const std::string said = reading.said(), dumped = dump(reading.configuration);
            CAPTURE(said);
            CAPTURE(dumped);
            CHECK(reading.diagnostics.errors() == expected.errors);
            CHECK(reading.warnings() == expected.warnings);
            CHECK(reading.configuration.fatal == expected.fatal);
            if (expected.services >= 0)
                CHECK(reading.configuration.services.size() ==
                      static_cast<unsigned>(expected.services));
            for (const std::string& key : expected.keys) {
                CAPTURE(key);
                CHECK(reading.find(key) != nullptr);
            }
            for (const std::string& text : expected.says) {
                CAPTURE(text);
                CHECK(said.find(text) != std::string::npos);
            }
            for (const std::string& text : expected.dumps) {
                CAPTURE(text);
                CHECK(squeezed(dumped).find(text) != std::string::npos);
            }
        }
    }

    TEST_CASE("the dump of each file of the corpus is read back as the same") {
        for (const std::string& file : corpus()) {
            CAPTURE(file);
            Configuration once = load(file, options(expectation_of(file).dialect)).configuration;
            once.broken.clear();
            once.fatal = false;
            const std::string dumped = dump(once);
            const Reading again = read(dumped);
            const std::string said = again.said();
            CAPTURE(dumped);
            CAPTURE(said);
            CHECK(again.configuration == once);
            CHECK(again.diagnostics.errors() == 0);
            CHECK(dump(again.configuration) == dumped);
        }
    }

    TEST_CASE("every beginning of a file of the corpus is read, and its dump too") {
        for (const std::string& file : corpus()) {
            std::ifstream in(file);
            std::stringstream text;
            text << in.rdbuf();
            const std::string whole = text.str();
            CAPTURE(file);
            for (std::size_t cut = 0; cut < whole.size(); cut += 97) {
                const Reading reading =
                    read(whole.substr(0, cut), options(expectation_of(file).dialect));
                const Reading again = read(dump(reading.configuration));
                CAPTURE(cut);
                CHECK(again.configuration.services.size() == reading.configuration.services.size());
            }
        }
    }
}
