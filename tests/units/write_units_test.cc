// SPDX-License-Identifier: ISC
#include "daemon/units/write_units.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace minetd;

namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

UnitFile unit(const char* name, const char* user) {
    UnitFile file(name);
    file.set("Service", "User", user);
    return file;
}

}  // namespace

TEST_SUITE("units") {
    TEST_CASE("nothing is replaced unasked") {
        char name[] = "/tmp/minetd-units-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        const std::filesystem::path directory = std::filesystem::path(name) / "units";
        const UnitFile first[] = {unit("a.service", "x")};
        CHECK(write_units(first, directory, false).empty());
        CHECK(text_of(directory / "a.service") == "[Service]\nUser=x\n");
        CHECK(write_units(first, directory, false).empty());

        const UnitFile second[] = {unit("a.service", "y"), unit("b.service", "y")};
        CHECK_THROWS_WITH(write_units(second, directory, false),
                          doctest::Contains("has a.service already; --force"));
        CHECK(text_of(directory / "a.service") == "[Service]\nUser=x\n");
        CHECK_FALSE(std::filesystem::exists(directory / "b.service"));

        CHECK(write_units(second, directory, true) == std::vector<std::string>{"a.service"});
        CHECK(text_of(directory / "a.service") == "[Service]\nUser=y\n");
        CHECK(text_of(directory / "b.service") == "[Service]\nUser=y\n");

        // What systemctl mask leaves is somebody's word too.
        std::filesystem::create_symlink("/dev/null", directory / "c.service");
        const UnitFile masked[] = {unit("c.service", "y")};
        CHECK_THROWS_WITH(write_units(masked, directory, false), doctest::Contains("c.service"));
        CHECK_THROWS_AS(write_units(masked, "/proc/nowhere", false), std::system_error);
        std::filesystem::remove_all(name);
    }
}
