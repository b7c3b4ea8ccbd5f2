// SPDX-License-Identifier: ISC
// On a directory with files of the kernel's names: what is written where, what is said, and what is
// left alone. Real cgroups are in tests/integration/cgroup_test.cc.
#include "daemon/service_cgroups.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace minetd;
namespace fs = std::filesystem;

namespace {

/// A cgroup that was delegated, as far as files go, with one service's in it.
struct Tree {
    Tree() {
        char name[] = "/tmp/minetd-cgroups-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        root = name;
        put("cgroup.controllers", "cpu memory pids");
        put("cgroup.subtree_control", "");
        fs::create_directory(root / "main");
        put("main/cgroup.procs", "");
        fs::create_directory(root / "echo-tcp");
        for (const char* file : {"memory.max", "memory.high", "pids.max", "cpu.weight", "cpu.max"})
            put("echo-tcp/" + std::string(file), "");
    }
    ~Tree() { fs::remove_all(root); }
    void put(const std::string& file, const std::string& text) {
        std::ofstream(root / file) << text;
    }
    std::string get(const std::string& file) const {
        std::ostringstream text;
        text << std::ifstream(root / file).rdbuf();
        return text.str();
    }
    fs::path root;
};

ServiceSpec echo() {
    ServiceSpec spec;
    spec.id = spec.name = "echo";
    return spec;
}

struct Said {
    std::string text;
    ServiceCgroups::Say hear() {
        return [this](Level, const std::string& line) { text += line + '\n'; };
    }
};

/// Who has a cgroup by now.
struct Made {
    std::set<std::string> services;
    ServiceCgroups::Made hear() {
        return [this](const std::string& key, int directory) {
            if (directory < 0)
                services.erase(key);
            else
                services.insert(key);
        };
    }
};

}  // namespace

TEST_SUITE("cgroups") {
    TEST_CASE("names: as systemd-escape writes them, each its own, none of the kernel's") {
        struct {
            std::string key, name;
        } const cases[] = {
            {"echo/tcp", "echo-tcp"},
            {"a-b/tcp", "a\\x2db-tcp"},
            {"[::1]:80/tcp", "\\x5b::1\\x5d:80-tcp"},
            {"/run/thing", "-run-thing"},
            {"@thing", "\\x40thing"},
            {"../../x", "\\x2e.-..-x"},
            {"cgroup.procs", "cgroup.procs-"},
            {"main", "main-"},
            {"a b\n", "a\\x20b\\x0a"},
        };
        for (const auto& row : cases) {
            CAPTURE(row.key);
            CHECK(cgroup_name(row.key) == row.name);
        }
        const std::string longer(300, 'a');
        CHECK(cgroup_name(longer + "1").size() < 255);
        CHECK(cgroup_name(longer + "1") != cgroup_name(longer + "2"));
    }

    TEST_CASE("attributes become files") {
        CgroupLimits limits;
        for (const CgroupSetting& setting : cgroup_settings(limits)) CHECK_FALSE(setting.said);
        limits = {.memory_max = 64 << 20,
                  .memory_high = 48 << 20,
                  .tasks_max = 20,
                  .cpu_weight = 50,
                  .cpu_quota = 150};
        std::string text;
        for (const CgroupSetting& setting : cgroup_settings(limits)) {
            CHECK(setting.said);
            text += std::string(setting.file) + '=' + setting.value + ' ';
        }
        CHECK(text ==
              "memory.max=67108864 memory.high=50331648 pids.max=20 cpu.weight=50 "
              "cpu.max=150000 100000 ");
    }

    TEST_CASE("limits are written to a cgroup that is there, and again when they change") {
        Tree tree;
        EventLoop loop;
        Said said;
        Made made;
        ServiceCgroups cgroups(loop, said.hear(), made.hear());
        cgroups.open({.directory = tree.root, .reason = {}});
        CHECK(tree.get("main/cgroup.procs") == "0");                     // which is the writer
        CHECK(tree.get("cgroup.subtree_control").starts_with("+pids"));  // the last write
        ServiceSpec spec = echo();
        spec.cgroup.memory_max = 4096;
        spec.cgroup.cpu_weight = 7;
        REQUIRE(cgroups.of(spec));
        CHECK(tree.get("cgroup.subtree_control").starts_with("+cpu"));
        CHECK(tree.get("echo-tcp/memory.max") == "4096");
        CHECK(tree.get("echo-tcp/cpu.weight") == "7");
        // What an earlier start may have left is undone.
        CHECK(tree.get("echo-tcp/pids.max") == "max");
        CHECK(tree.get("echo-tcp/cpu.max") == "max 100000");

        tree.put("echo-tcp/cpu.weight", "");
        spec.cgroup = {.tasks_max = 5, .cpu_weight = 7};
        const auto place = cgroups.of(spec);
        CHECK(tree.get("echo-tcp/pids.max").starts_with("5"));
        CHECK(tree.get("echo-tcp/memory.max").starts_with("max"));
        CHECK(tree.get("echo-tcp/cpu.weight").empty());  // unchanged is not written
        CHECK(place->fd() >= 0);
        CHECK(said.text.empty());
    }

    TEST_CASE("a cgroup is made when somebody begins in it, and goes with its service") {
        Tree tree;
        EventLoop loop;
        Said said;
        Made made;
        ServiceCgroups cgroups(loop, said.hear(), made.hear());
        cgroups.open({.directory = tree.root, .reason = {}});
        ServiceSpec spec = echo();
        spec.name = "other";
        const auto place = cgroups.of(spec);
        CHECK_FALSE(fs::exists(tree.root / "other-tcp"));
        CHECK(place->fd() >= 0);
        CHECK(fs::exists(tree.root / "other-tcp"));
        CHECK(made.services == std::set<std::string>{spec.key()});
        cgroups.finish(spec.key());
        CHECK_FALSE(fs::exists(tree.root / "other-tcp"));
        CHECK(made.services.empty());
        fs::create_directory(tree.root / "gone-tcp");
        fs::create_directory(tree.root / "foreign");
        cgroups.sweep();
        CHECK_FALSE(fs::exists(tree.root / "gone-tcp"));
        CHECK(fs::exists(tree.root / "foreign"));
        CHECK(fs::exists(tree.root / "main"));
    }

    TEST_CASE("what cannot be kept is said, once") {
        Tree tree;
        tree.put("cgroup.controllers", "hugetlb");
        EventLoop loop;
        ServiceSpec spec = echo();
        spec.cgroup = {.memory_max = 1, .tasks_max = 1};
        struct {
            const char* name;
            CgroupRoot root;
            std::string said;
        } const cases[] = {
            {"no controllers",
             {tree.root, ""},
             "echo: memory_max is not kept: the controller memory is not available in ROOT\n"
             "echo: tasks_max is not kept: the controller pids is not available in ROOT\n"},
            {"not delegated",
             {"", "/x is not delegated"},
             "echo: memory_max is not kept, nor is any limit of a cgroup: /x is not delegated\n"},
            {"not wanted",
             {},
             "echo: memory_max is not kept, nor is any limit of a cgroup: [minetd] says "
             "`cgroup = no`\n"},
            {"not writable",
             {"/proc/minetd", ""},
             "services have no cgroups of their own: cannot make /proc/minetd: No such file or "
             "directory\necho: memory_max is not kept, nor is any limit of a cgroup: cannot make "
             "/proc/minetd: No such file or directory\n"},
        };
        for (auto row : cases) {
            CAPTURE(row.name);
            Said said;
            Made made;
            ServiceCgroups cgroups(loop, said.hear(), made.hear());
            cgroups.open(row.root);
            cgroups.of(spec);
            cgroups.of(spec);
            for (std::size_t at; (at = row.said.find("ROOT")) != std::string::npos;)
                row.said.replace(at, 4, tree.root);
            CHECK(said.text == row.said);
        }
    }

    TEST_CASE("where services' cgroups may be") {
        CHECK(cgroup_root("no").directory.empty());
        CHECK(cgroup_root("no").reason.empty());
        CHECK(cgroup_root("/tmp").reason == "/tmp is not in a cgroup2 hierarchy");
        CHECK(cgroup_root("/tmp/no-such").directory.empty());
        // This process was delegated nothing that the tests know of.
        const CgroupRoot own = cgroup_root("auto");
        CHECK(own.directory.empty() != own.reason.empty());
    }
}
