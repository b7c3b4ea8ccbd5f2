// SPDX-License-Identifier: ISC
#include "daemon/config/module_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

struct Directory {
    Directory() { REQUIRE(::mkdtemp(path) != nullptr); }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string file(const std::string& name) const { return std::string(path) + "/" + name; }
    char path[32] = "/tmp/minetd-test-XXXXXX";
};

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("a module's file is in the module directory, or named in full") {
        const std::string there(module_directory());
        CHECK(there.starts_with('/'));
        CHECK_FALSE(there.ends_with('/'));
        const std::pair<const char*, std::string> cases[] = {
            {"kv", there + "/kv.so"},
            {"Kv-2_b.x+", there + "/Kv-2_b.x+.so"},
            {"kv.so", there + "/kv.so.so"},
            {"/opt/kv.so", "/opt/kv.so"},
            {"/opt/kv", ""},
            {"", ""},
            {".so", ""},
            {"..", ""},
            {"../kv", ""},
            {"a/kv.so", ""},
            {"k v", ""},
            {"k\nv", ""},
        };
        for (const auto& [a, b] : cases) {
            const char* const name = a;
            const std::string& file = b;  // clang 14 captures no bindings
            CAPTURE(std::string(name));
            CHECK(module_file(name) == file);
        }
    }

    TEST_CASE("a module that others can write to is no module for root") {
        const Directory directory;
        const std::string file = directory.file("kv.so");
        CHECK(module_fault(file) == "No such file or directory");
        CHECK(module_stamp(file).empty());
        CHECK(module_fault(directory.path) == "it is not a regular file");
        std::ofstream(file) << "x";
        for (const mode_t mode : {0755U, 0600U, 0775U, 0757U}) {
            CAPTURE(mode);
            REQUIRE(::chmod(file.c_str(), mode) == 0);
            const bool open = (mode & 022) != 0;
            CHECK(module_fault(file).empty() == (!open || ::geteuid() != 0));
        }
        const std::string stamp = module_stamp(file);
        CHECK(stamp == module_stamp(file));
        std::ofstream(directory.file("new")) << "x";
        std::filesystem::rename(directory.file("new"), file);
        CHECK(stamp != module_stamp(file));
    }

    TEST_CASE("internal takes a module where there is no builtin, and says what it looked for") {
        const Directory directory;
        const std::string file = directory.file("kv.so");
        const auto line = [](const std::string& name) {
            return "7000 stream tcp nowait root internal " + name + " an-argument\n";
        };
        LoadOptions here = options();
        here.check_host = true;

        const Reading missing = read(line(file), here);
        CHECK(missing.only() == nullptr);
        CHECK(missing.said().find("the module " + file + " cannot be used") != std::string::npos);
        CHECK(missing.said().find("No such file or directory") != std::string::npos);
        // Converted on one host, used on another.
        CHECK(read(line(file)).only() != nullptr);

        std::ofstream(file) << "x";
        ::chmod(file.c_str(), 0644);
        const Reading found = read(line(file), here);
        CAPTURE(found.said());
        REQUIRE(found.only() != nullptr);
        CHECK(found.only()->builtin == file);
        CHECK(found.only()->server_args == std::vector<std::string>{"an-argument"});
        CHECK(found.diagnostics.all().empty());
        CHECK(read(dump(found.configuration), here).configuration == found.configuration);

        const Reading unknown = read(line("ecco"), here);
        CHECK(unknown.said().find("there is no builtin `ecco`") != std::string::npos);
        CHECK(unknown.said().find(std::string(module_directory()) + "/ecco.so") !=
              std::string::npos);
        CHECK(read(line("../ecco"), here).said().find(module_directory()) == std::string::npos);
    }
}
