// SPDX-License-Identifier: ISC
#include "daemon/os/cgroup.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

using namespace minetd;

namespace {

void put(const std::string& path, const std::string& text) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_SUITE("os") {
    TEST_CASE("where a cgroup is, by what the kernel says of processes and mounts") {
        const std::string pure =
            "22 1 0:20 / /proc rw shared:5 - proc proc rw\n"
            "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
        const std::string mixed =
            "30 22 0:26 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
            "31 22 0:27 / /sys/fs/cgroup/uni\\040fied rw - cgroup2 none rw\n";
        const std::string inside =
            "31 22 0:27 /payload /sys/fs/cgroup ro master:1 - cgroup2 x rw\n";
        struct {
            const char* name;
            std::string membership, mountinfo, found;
        } const cases[] = {
            {"unified", "0::/system.slice/minetd.service\n", pure,
             "/sys/fs/cgroup/system.slice/minetd.service"},
            {"the root", "0::/\n", pure, "/sys/fs/cgroup"},
            {"hybrid", "4:memory:/user\n0::/a\n", mixed, "/sys/fs/cgroup/uni fied/a"},
            {"v1 alone", "4:memory:/user\n1:name=systemd:/user\n", mixed, ""},
            {"not mounted", "0::/a\n", "22 1 0:20 / /proc rw shared:5 - proc proc rw\n", ""},
            {"a part is mounted", "0::/payload/a\n", inside, "/sys/fs/cgroup/a"},
            {"all of that part", "0::/payload\n", inside, "/sys/fs/cgroup"},
            {"another part is mounted", "0::/payloads/a\n", inside, ""},
            {"outside of the name space", "0::/../b\n", pure, ""},
            {"removed", "0::/a (deleted)\n", pure, ""},
            {"nothing", "", "", ""},
            {"half a line", "0::/a", "31 22 0:27 / /x rw -", ""},
        };
        for (const auto& row : cases) {
            CAPTURE(row.name);
            CHECK(cgroup_directory(row.membership, row.mountinfo) == row.found);
        }
    }

    TEST_CASE("what a cgroup uses is read anew each time, as far as there is anything to read") {
        char name[] = "/tmp/minetd-cgroup-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        const std::string memory = std::string(name) + "/memory.current";
        const UniqueFd directory(::open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        put(memory, "4096\n");
        const UsageFiles files = usage_files(directory.get());
        CHECK_FALSE(files.tasks);
        CHECK_FALSE(current_usage(files.tasks.get()));
        CHECK((::fcntl(files.memory.get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
        CHECK((::fcntl(files.memory.get(), F_GETFD) & FD_CLOEXEC) != 0);
        const struct {
            const char* text;
            std::optional<std::uint64_t> value;
        } rows[] = {{"0\n", 0},
                    {"18446744073709551615\n", ~std::uint64_t{0}},
                    {"8192\n", 8192},
                    {"max\n", {}},
                    {"", {}}};
        for (const auto& row : rows) {
            CAPTURE(row.text);
            put(memory, row.text);
            CHECK(current_usage(files.memory.get()) == row.value);
        }
        ::unlink(memory.c_str());
        ::rmdir(name);
    }

    TEST_CASE("the files of a cgroup") {
        char name[] = "/tmp/minetd-cgroup-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        const std::string directory = name;
        const Cgroup cgroup(directory);
        CHECK(cgroup.was_there());
        CHECK(cgroup.write("memory.max", "1") == ENOENT);  // never made by us
        put(directory + "/memory.max", "");
        put(directory + "/memory.events", "low 0\noom 4\noom_kill 3\n");
        put(directory + "/cgroup.events", "populated 1\nfrozen 0\n");
        CHECK(cgroup.has("memory.max"));
        CHECK_FALSE(cgroup.has("pids.max"));
        CHECK(cgroup.write("memory.max", "64") == 0);
        CHECK(cgroup.read("memory.max").value_or("") == "64");
        CHECK(cgroup.number("memory.events", "oom_kill") == 3);
        CHECK(cgroup.number("memory.events", "oom") == 4);
        CHECK(cgroup.number("memory.events", "max") == 0);
        CHECK(cgroup.populated());
        CHECK_FALSE(cgroup.remove());
        for (const char* file : {"memory.max", "memory.events", "cgroup.events"})
            ::unlink((directory + "/" + file).c_str());
        CHECK(cgroup.remove());
        CHECK(cgroup.remove());
        CHECK_THROWS_AS(Cgroup("/proc/self/no/such"), std::system_error);
        CHECK_FALSE(is_cgroup2("/tmp"));
        CHECK_FALSE(is_delegated("/tmp"));
    }
}
