// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("a reload by key: added, removed, kept, changed") {
        const Configuration before =
            read(
                "7000 stream tcp nowait nobody /bin/cat\n7001 stream tcp nowait nobody /bin/cat\n"
                "7002 stream tcp nowait nobody /bin/cat\n7003 dgram udp wait nobody /bin/cat\n")
                .configuration;
        const Configuration after =
            read(
                "# moved\n7003 dgram udp wait nobody /bin/cat\n7000 stream tcp nowait nobody "
                "/bin/dog\n"
                "7002 stream tcp nowait nobody dog\n7004 stream tcp nowait nobody /bin/cat\n")
                .configuration;
        const Changes found = changes(before, after);
        REQUIRE(found.added.size() == 1);
        CHECK(found.added[0]->key() == "7004/tcp");
        REQUIRE(found.removed.size() == 1);
        CHECK(found.removed[0]->key() == "7001/tcp");
        REQUIRE(found.changed.size() == 1);
        CHECK(found.changed[0].after->server == "/bin/dog");
        REQUIRE(found.kept.size() == 2);
        // A kept service is the object that was served before; one that is broken now is kept too.
        CHECK(found.kept[0] == before.services[2]);
        CHECK(found.kept[1] == before.services[3]);
    }

    TEST_CASE("a service of which only the name can be read stays as it is") {
        const Configuration before =
            read("7000 stream tcp nowait nobody /bin/cat\n7001 stream tcp nowait nobody /bin/cat\n")
                .configuration;
        const Changes found =
            changes(before, read("7000 stream tpc nowait nobody /bin/cat\n").configuration);
        CHECK(found.kept.size() == 1);
        CHECK(found.removed.size() == 1);
    }

    TEST_CASE("a service runs on while a part of its key cannot be read, or another one has it") {
        const std::string nobody = " nowait nobody /bin/cat\n";
        const struct {
            std::string before, after;
            std::size_t kept = 1, left_out = 1;
        } rows[] = {
            {"7000 dgram udp wait nobody /bin/cat\n", "7000 dgrm udp wait nobody /bin/cat\n"},
            {"10.0.0.1:7000 stream tcp" + nobody, "10.0.0.1,:7000 stream tcp" + nobody},
            {"10.0.0.1:7000 stream tcp" + nobody, "10.0.0.1/24:7000 stream tcp" + nobody},
            {"10.0.0.1:7000 stream tcp4" + nobody, "[::1]:7000 stream tcp4" + nobody},
            {"10.0.0.1:\n7000 stream tcp" + nobody, "10.0.0.1/24:\n7000 stream tcp" + nobody},
            {"7000 stream tcp" + nobody + "[7000]\nbind = 10.0.0.1\n",
             "7000 stream tcp" + nobody + "[7000]\nbind = 10.0.0.1/24\n"},
            {"7000 stream tcp" + nobody + "[7000]\nbind = 10.0.0.1\n",
             "7000 stream tcp" + nobody + "[7000]\nbnid = 10.0.0.1\n"},
            {"7000 stream tcp" + nobody + "[7000]\nbind = 10.0.0.1\n",
             "7000 stream tcp" + nobody + "[7000]\nbind = \"10.0.0.1\n"},
            {"7000 stream tcp" + nobody + "[7000]\nbind = 10.0.0.1\n",
             "7000 stream tcp" + nobody + "[7000]\nbind : 10.0.0.1\n"},
            {"tcpmux stream tcp nowait nobody internal\n[go]\ntcpmux = yes\nserver = /bin/cat\n"
             "user = nobody\n",
             "tcpmux stream tcp nowait nobody internal\n[go]\ntcpmux = jes\nserver = /bin/cat\n"
             "user = nobody\n",
             2},
            {"7000 on protocol = tcp, bind = 10.0.0.1, wait = no, user = nobody, exec = "
             "/bin/cat;\n",
             "7000 on protocol = tcp, bnid = 10.0.0.1, wait = no, user = nobody, exec = "
             "/bin/cat;\n"},
            // The pair of a version of IP is one, whatever is wrong with a half of it.
            {"7000 stream tcp" + nobody + "7000 stream tcp6" + nobody,
             "7000 stream tcp nowait nobody cat\n7000 stream tcp6" + nobody, 2},
            {"7000 stream tcp" + nobody + "7000 stream tcp6" + nobody,
             "7000 stream tcp" + nobody + "7000 stream tcp6 nowait nobody cat\n", 2},
            // Who came first in the file has the port.
            {"*:7000 stream tcp" + nobody,
             "7000 stream tcp46" + nobody + "*:7000 stream tcp" + nobody},
        };
        for (const auto& row : rows) {
            CAPTURE(row.before);
            CAPTURE(row.after);
            const Reading running = read(row.before);
            CAPTURE(running.said());
            REQUIRE(running.configuration.services.size() == row.kept);
            const Reading next = read(row.after);
            CAPTURE(next.said());
            CHECK(next.configuration.broken.size() == row.left_out);
            const Changes found = changes(running.configuration, next.configuration);
            CHECK(found.kept.size() == row.kept);
            CHECK(found.removed.empty());
            CHECK(found.changed.empty());
        }
    }

    TEST_CASE("RPC services are told apart by their versions, as far as they can be read") {
        const Configuration before = read(
                                         "rstatd/1-2 dgram rpc/udp wait root /bin/cat\n"
                                         "rstatd/3-4 dgram rpc/udp wait root /bin/cat\n")
                                         .configuration;
        REQUIRE(before.services.size() == 2);
        const struct {
            const char* versions;  // of the second line
            std::size_t kept, changed, removed, added;
        } cases[] = {{"3-4", 2, 0, 0, 0}, {"3-5", 1, 0, 1, 1}, {"three", 2, 0, 0, 0}};
        for (const auto& row : cases) {
            CAPTURE(std::string(row.versions));
            const Changes found = changes(
                before, read("rstatd/1-2 dgram rpc/udp wait root /bin/cat\nrstatd/" +
                             std::string(row.versions) + " dgram rpc/udp wait root /bin/cat\n")
                            .configuration);
            CHECK(found.kept.size() == row.kept);
            CHECK(found.changed.size() == row.changed);
            CHECK(found.removed.size() == row.removed);
            CHECK(found.added.size() == row.added);
        }
    }

    TEST_CASE("one of two xinetd entries of one RPC program's name stays while it is broken") {
        const auto udp = [](const std::string& id, const std::string& rest) {
            return "service own\n{\nid = " + id +
                   "\nsocket_type = dgram\nprotocol = udp\nwait = yes\nuser = root\n"
                   "server = /bin/cat\n" +
                   rest + "}\n";
        };
        const std::string type = "type = RPC UNLISTED\n";
        const std::string other = udp("a", type + "rpc_number = 77\nrpc_version = 1-2\n");
        const struct {
            const char* said;
            std::size_t kept;
        } cases[] = {
            {"type = RPC UNLISTED\nrpc_number = 78\nrpc_version = 3\n", 2},
            {"type = RPC UNLISTED\nrpc_number = 78\nrpc_version = three\n", 2},
            {"type = RPC UNLISTED\nrpc_number = 78\n", 2},
            // The port is none of the program's number here either.
            {"type = RPC UNLISTED\nrpc_number = 78\nport = 700\nrpc_version = three\n", 2},
            {"rpc_number = 78\nno setting\ntype = RPC UNLISTED\nrpc_version = 3\n", 2},
            // Its id tells which one it is, whatever else cannot be read.
            {"type = RPC UNLISTED\nrpc_number = 79\nrpc_version = three\n", 2},
            {"type = RPC UNLISTED\nrpc_number = many\nrpc_version = 3\n", 2},
            {"no setting\ntype = RPC UNLISTED\nrpc_number = 78\nrpc_version = 3\n", 2},
        };
        for (const bool first : {false, true}) {
            const auto both = [&](const std::string& one) {
                return first ? one + other : other + one;
            };
            const Configuration before =
                read(both(udp("b", type + "rpc_number = 78\nrpc_version = 3\n"))).configuration;
            REQUIRE(before.services.size() == 2);
            for (const auto& row : cases) {
                CAPTURE(std::string(row.said));
                const Reading next = read(both(udp("b", row.said)));
                CAPTURE(next.said());
                const Changes found = changes(before, next.configuration);
                CHECK(found.kept.size() == row.kept);
                CHECK(found.removed.size() == 2 - row.kept);
                CHECK(found.added.empty());
                CHECK(found.changed.empty());
            }
        }
    }

    TEST_CASE("a service of xinetd's runs on, whatever comes or goes under its name") {
        const auto web = [](const std::string& port, const std::string& more = "") {
            return "service web\n{\n" + more + "type = UNLISTED\nport = " + port +
                   "\nsocket_type = stream\nwait = no\nuser = nobody\nserver = /bin/cat\n}\n";
        };
        const std::string disabled = "service web\n{\ndisable = yes\n}\n", a = web("8080"),
                          b = web("9090");
        const struct {
            std::string before, after;
            std::size_t kept, changed, removed, added;
        } rows[] = {
            {a, a + disabled, 1, 0, 0, 0},
            {a, disabled + a, 1, 0, 0, 0},
            {a, a + b, 1, 0, 0, 1},
            {a, b + a, 1, 0, 0, 1},
            {a + b, a, 1, 0, 1, 0},
            {a + b, b, 1, 0, 1, 0},
            {a, b + web("8080", "nice = 3\n"), 0, 1, 0, 1},
            {a, b + web("8080", "id = other\n"), 0, 0, 1, 2},
            // Broken: with another one, for the first time, and for as long as it is.
            {a, a + web("9090", "nice = very\n"), 1, 0, 0, 0},
            {a, b + web("8080", "nice = very\n"), 1, 0, 0, 1},
            {a + b, b + web("8080", "nice = very\n"), 2, 0, 0, 0},
            {a + b, b + web("8080", "garbage\nid = web\n"), 2, 0, 0, 0},
            {a, web("many"), 1, 0, 0, 0},
            // What has the name for itself meanwhile is not the one that had it before.
            {a + web("9090", "id = other\n"), web("9090", "id = other\n"), 1, 0, 1, 0},
        };
        for (const auto& row : rows) {
            CAPTURE(row.before);
            CAPTURE(row.after);
            const Configuration before = read(row.before).configuration;
            const Reading next = read(row.after);
            CAPTURE(next.said());
            const Changes found = changes(before, next.configuration);
            CHECK(found.kept.size() == row.kept);
            CHECK(found.changed.size() == row.changed);
            CHECK(found.removed.size() == row.removed);
            CHECK(found.added.size() == row.added);
            for (const Changes::Pair& pair : found.changed) {
                CHECK(pair.after->key() == pair.before->key());
                CHECK(pair.same_socket);
            }
        }
    }

    TEST_CASE("services whose file of xinetd's cannot be read stay as they are") {
        std::string path = "/tmp/minetd-test-XXXXXX";
        REQUIRE(mkdtemp(path.data()));
        const auto write = [&](const std::string& name, const std::string& text) {
            std::filesystem::create_directories(std::filesystem::path(path + name).parent_path());
            std::ofstream(path + name) << text;
        };
        const auto service = [](const std::string& name) {
            return "service " + name + "\n{\ntype = UNLISTED\nport = 70" + name +
                   "\nsocket_type = stream\nwait = no\nuser = nobody\nserver = /bin/cat\n}\n";
        };
        const std::string binary("\x00\x01", 2);
        const struct {
            const char* what;
            std::vector<std::pair<std::string, std::string>> files;
            std::size_t kept, removed;
        } rows[] = {
            {"all as it was", {}, 4, 0},
            {"one service is taken out", {{"/d/one", "# no more\n"}}, 3, 1},
            {"one file is none of xinetd's", {{"/d/one", binary}}, 4, 0},
            {"what that file includes", {{"/d/two", binary}}, 4, 0},
            {"there is no such directory",
             {{"/x.conf", service("04") + "includedir /nowhere\n"}},
             4,
             0},
            {"there is no such file", {{"/x.conf", service("04") + "include /nowhere\n"}}, 4, 0},
            {"another file could be read", {{"/d/one", "# no more\n"}, {"/d/two", binary}}, 3, 1},
            {"the directory is no more asked for", {{"/x.conf", service("04")}}, 1, 3},
        };
        for (const auto& row : rows) {
            CAPTURE(std::string(row.what));
            write("/x.conf", service("04") + "includedir " + path + "/d\n");
            write("/d/one", service("01"));
            write("/d/two", service("02") + "include " + path + "/e/three\n");
            write("/e/three", service("03"));
            const Configuration before = load(path + "/x.conf").configuration;
            REQUIRE(before.services.size() == 4);
            for (const auto& [name, text] : row.files) write(name, text);
            const Reading next = load(path + "/x.conf");
            CAPTURE(next.said());
            CHECK_FALSE(next.configuration.fatal);
            const Changes found = changes(before, next.configuration);
            CHECK(found.kept.size() == row.kept);
            CHECK(found.removed.size() == row.removed);
        }
        std::filesystem::remove_all(path);
    }

    TEST_CASE("what a changed attribute asks for") {
        struct {
            std::string setting;
            bool same_socket, new_servers;
        } const cases[] = {
            // What the process that keeps a pool goes by, it learns at its start.
            {"min_spare_servers = 6", true, true},
            {"max_request_workers = 9", true, true},
            {"server_limit = 300", true, true},
            {"spawn_policy = apache", true, true},
            {"drain_timeout = 5", true, true},
            {"keep_alive_timeout = 5", true, true},
            {"listen_cores_buckets_ratio = 2", false, true},
            {"listen_backlog = 9", true, false},
            {"sndbuf = 1k", true, false},
            {"env = A=1", true, true},
            {"user = root", true, true},
            {"log_on_success = PID", true, true},
            {"instances = 6", true, true},
            {"serve = nowait", true, true},
            {"freebind = yes", false, true},
            {"interface = lo", false, true},
            {"v6only = yes", false, true},
            {"port = 7001", false, true},
            {"id = other", true, true},
        };
        const std::string line = "7000 stream tcp6 prefork nobody /bin/cat\n";
        const Configuration before = read(line).configuration;
        for (const auto& [setting, same_socket, new_servers] : cases) {
            const auto& which = setting;
            CAPTURE(which);
            const Changes found =
                changes(before, read(line + "[7000]\n" + setting + "\n").configuration);
            REQUIRE(found.changed.size() == 1);
            CHECK(found.changed[0].same_socket == same_socket);
            CHECK(found.changed[0].needs_new_servers == new_servers);
        }
    }
}
