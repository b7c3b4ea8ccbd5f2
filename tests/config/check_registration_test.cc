// SPDX-License-Identifier: ISC
// RPC programs: how lines and sections say them, and what cannot be registered.
#include <doctest/doctest.h>

#include "daemon/os/avahi.h"
#include "daemon/os/rpcbind.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("RPC programs: in lines as the inetds have them, and in sections") {
        const struct {
            const char* text;
            const char* key;
            unsigned number, low, high;
            std::uint16_t port;
        } cases[] = {
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n", "rstatd/1-3/udp", 100001, 1, 3, 0},
            {"rusersd/2 stream rpc/tcp nowait root /bin/cat\n", "rusersd/2/tcp", 100002, 2, 2, 0},
            {"rusersd dgram rpc/udp wait root /bin/cat\n", "rusersd/1/udp", 100002, 1, 1, 0},
            {"100083/1 stream rpc/tcp6 wait root /bin/cat\n", "100083/1/tcp6", 100083, 1, 1, 0},
            {"127.0.0.1:536870912/7 dgram rpc/udp4 wait root /bin/cat\n",
             "127.0.0.1:536870912/7/udp4", 536870912, 7, 7, 0},
            // services(5) has a port for this name, which is nothing to rpcbind.
            {"nfs/3 stream rpc/tcp nowait root /bin/cat\n", "nfs/3/tcp", 100003, 3, 3, 0},
            {"own/1 dgram rpc/udp wait root /bin/cat\n[own/udp]\nrpc_number = 77\nport = 700\n",
             "own/1/udp", 77, 1, 1, 700},
            {"[own]\nsocket_type = dgram\nprotocol = udp\nserve = wait\nuser = root\n"
             "server = /bin/cat\nrpc_number = 77\nrpc_version = 2-4\n",
             "own/2-4/udp", 77, 2, 4, 0},
        };
        for (const auto& row : cases) {
            CAPTURE(std::string(row.text));
            const Reading reading = read(row.text);
            CAPTURE(reading.said());
            CHECK(reading.said().empty());
            const ServiceSpec* const spec = reading.find(row.key);
            REQUIRE(spec != nullptr);
            CHECK(spec->rpc == RpcProgram{row.number, row.low, row.high});
            CHECK(spec->port == row.port);
            CHECK(read(dump(reading.configuration)).configuration == reading.configuration);
        }
    }

    TEST_CASE("RPC programs that the kernel gives ports do not stand in each other's way") {
        const Reading reading = read(
            "rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
            "rusersd/1 dgram rpc/udp6 wait root /bin/cat\n"
            "sprayd/1 dgram rpc/udp wait root /bin/cat\n"
            "walld/1 dgram rpc/udp4 wait root /bin/cat\n");
        CAPTURE(reading.said());
        CHECK(reading.said().empty());
        CHECK(reading.configuration.services.size() == 4);
        REQUIRE(reading.find("rstatd/1-3/udp") != nullptr);
        CHECK(reading.find("rstatd/1-3/udp")->family == Family::any);
        // One program by two lines is BSD's pair, or a mistake.
        CHECK(read("walld/1 dgram rpc/udp wait root /bin/cat\n"
                   "walld/1 dgram rpc/udp6 wait root /bin/cat\n")
                  .find("walld/1/udp4") != nullptr);
        CHECK(read("walld/1 dgram rpc/udp wait root /bin/cat\n"
                   "walld/1 dgram rpc/udp46 wait root /bin/cat\n")
                  .said()
                  .find("walld/1/udp has this program and version") != std::string::npos);
        const std::string fixed = "\n[rstatd]\nport = 700\n[walld]\nport = 700\n";
        CHECK(read("rstatd/1 dgram rpc/udp wait root /bin/cat\n"
                   "walld/1 dgram rpc/udp wait root /bin/cat\n" +
                   fixed)
                  .said()
                  .find("has this address and port") != std::string::npos);
    }

    TEST_CASE("the services of one RPC program are told apart by their versions") {
        const std::string lines =
            "rstatd/1-2 dgram rpc/udp wait root /bin/cat\n"
            "rstatd/3-4 dgram rpc/udp wait root /bin/cat\n"
            "rstatd/5 stream rpc/tcp nowait root /bin/cat\n"
            "7000 dgram udp wait root /bin/cat\n";
        const struct {
            const char* header;
            const char* about;  // of each line; null: of none, which is told
        } cases[] = {
            {"rstatd", "+++-"},          {"rstatd/udp", "++--"},      {"rstatd/tcp", "--+-"},
            {"rstatd/1-2", "+---"},      {"rstatd/3-4/udp", "-+--"},  {"rstatd/5", "--+-"},
            {"*:rstatd/5/tcp", "--+-"},  {"rstatd/1-4/udp", nullptr}, {"rstatd/1-2/udp6", nullptr},
            {"rstatd/1-2/tcp", nullptr}, {"*:rstatd/3-4", "-+--"},
        };
        for (const auto& row : cases) {
            CAPTURE(std::string(row.header));
            const Reading reading = read(lines + "[" + row.header + "]\nnice = 7\n");
            CAPTURE(reading.said());
            REQUIRE(reading.configuration.services.size() == 4);
            std::string found;
            for (const auto& spec : reading.configuration.services)
                found += spec->nice == 7 ? '+' : '-';
            CHECK(found == (row.about ? row.about : "----"));
            CHECK(reading.diagnostics.failed() == (row.about == nullptr));
            if (row.about)
                CHECK(read(dump(reading.configuration)).configuration == reading.configuration);
        }
        const Reading defined =
            read(lines + "[rstatd/6-7/udp]\nserve = wait\nuser = root\nserver = /bin/cat\n");
        CHECK(defined.said().empty());
        REQUIRE(defined.find("rstatd/6-7/udp") != nullptr);
        CHECK(defined.find("rstatd/6-7/udp")->rpc == RpcProgram{100001, 6, 7});
        CHECK(defined.find("rstatd/6-7/udp")->socket_type == SocketType::dgram);
    }

    TEST_CASE("a version of a program has one service for each protocol and address") {
        const struct {
            const char* text;
            const char* complaint;  // null: none
        } cases[] = {
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/3-4 dgram rpc/udp wait root /bin/cat\n",
             "rstatd/1-3/udp has this program and version"},
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
             "100001/2 dgram rpc/udp wait root /bin/cat\n",
             "rstatd/1-3/udp has this program and version"},
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/1-3 dgram rpc/udp wait root /bin/cat\n",
             "there is a service rstatd/1-3/udp"},
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/1-3 stream rpc/tcp nowait root /bin/cat\n",
             nullptr},
            {"rstatd/1-3 dgram rpc/udp4 wait root /bin/cat\n"
             "rstatd/2-4 dgram rpc/udp6 wait root /bin/cat\n",
             nullptr},
            // BSD's pair, of which the first means IPv4.
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/1-4 dgram rpc/udp6 wait root /bin/cat\n",
             nullptr},
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/1-3 dgram rpc/udp6 wait root /bin/cat\n[rstatd/1-3/udp]\nport = 700\n",
             nullptr},
            // No pair, with a version that the first has alone: it is for both, and overlaps.
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/3-4 dgram rpc/udp4 wait root /bin/cat\n",
             "rstatd/1-3/udp has this program and version"},
            {"rstatd/1-3 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/1-2 dgram rpc/udp6 wait root /bin/cat\n",
             "rstatd/1-3/udp has this program and version"},
            {"rstatd/1-2 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/3-4 dgram rpc/udp6 wait root /bin/cat\n[rstatd]\nport = 700\n",
             "rstatd/1-2/udp has this address and port"},
            // No pair: the first is for both.
            {"rstatd/1-2 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/3-4 dgram rpc/udp4 wait root /bin/cat\n",
             nullptr},
            {"rstatd/1-2 dgram rpc/udp wait root /bin/cat\n"
             "rstatd/3-4 dgram rpc/udp wait root /bin/cat\n[rstatd]\nport = 700\n",
             "rstatd/1-2/udp has this address and port"},
        };
        for (const auto& row : cases) {
            CAPTURE(std::string(row.text));
            const Reading reading = read(row.text);
            CAPTURE(reading.said());
            CHECK(reading.configuration.services.size() == (row.complaint ? 1 : 2));
            CHECK((reading.find("rstatd/1-2/udp") != nullptr) == (row.text[9] == '2'));
            if (row.complaint)
                CHECK(reading.said().find(row.complaint) != std::string::npos);
            else
                CHECK(reading.said().empty());
        }
    }

    TEST_CASE("xinetd's services of one RPC program") {
        const auto entry = [](const std::string& name, const std::string& rest) {
            return "service " + name + "\n{\nwait = yes\nuser = root\nserver = /bin/cat\n" + rest +
                   "}\n";
        };
        const auto udp = [&](const std::string& name, const std::string& rest) {
            return entry(name, "type = RPC UNLISTED\nsocket_type = dgram\nprotocol = udp\n" + rest);
        };
        const struct {
            std::string text;
            std::vector<std::string> keys;
        } cases[] = {
            {udp("own", "id = a\nrpc_number = 77\nrpc_version = 1-2\n") +
                 udp("own", "id = b\nrpc_number = 77\nrpc_version = 3\n"),
             {"own/1-2/udp46", "own/3/udp46"}},
            {udp("own", "id = a\nrpc_number = 77\nrpc_version = 1\n") +
                 udp("own", "id = b\nrpc_number = 78\nrpc_version = 1\n"),
             {"77/1/udp46", "78/1/udp46"}},
            // The port is none of the program's number.
            {entry("rstatd",
                   "type = RPC\nsocket_type = dgram\nprotocol = udp\nport = 700\n"
                   "rpc_version = 1\n") +
                 entry("rstatd",
                       "type = RPC\nid = b\nsocket_type = stream\nprotocol = tcp\n"
                       "port = 700\nrpc_version = 1\n"),
             {"rstatd/1/udp46", "rstatd/1/tcp46"}},
        };
        for (const auto& row : cases) {
            CAPTURE(row.text);
            const Reading reading = read(row.text);
            CAPTURE(reading.said());
            CHECK_FALSE(reading.diagnostics.failed());
            for (const std::string& key : row.keys) {
                CAPTURE(key);
                CHECK(reading.find(key) != nullptr);
            }
            CHECK(reading.configuration.services.size() == row.keys.size());
            CHECK(read(dump(reading.configuration)).configuration == reading.configuration);
        }
    }

    TEST_CASE("what cannot be registered is told with line and advice") {
        const struct {
            const char* text;
            const char* complaint;
            bool error;
        } cases[] = {
            {"nosuchprogram/1 dgram rpc/udp wait root /bin/cat\n",
             "there is no RPC program `nosuchprogram` in rpc(5)", true},
            {"rstatd/3-1 dgram rpc/udp wait root /bin/cat\n", "ends before it begins", true},
            {"rstatd/x dgram rpc/udp wait root /bin/cat\n", "rpc_version", true},
            {"rstatd/0 dgram rpc/udp wait root /bin/cat\n", "rpc_version", true},
            {"rstatd/1-1000 dgram rpc/udp wait root /bin/cat\n", "more than 100 versions", true},
            {"rstatd/1 dgram udp wait root /bin/cat\n", "write rpc/udp, or take them out", true},
            {"100001/1 seqpacket rpc/sctp wait root /bin/cat\n", "on TCP and UDP only", true},
            {"rstatd/1 tli rpc/datagram_v wait root /bin/cat\n",
             "write stream rpc/tcp or dgram rpc/udp", true},
            {"7000 dgram udp wait root /bin/cat\n[7000]\nrpc_number = 9\n",
             "without rpc_version this is no RPC service", false},
        };
        for (const auto& row : cases) {
            CAPTURE(std::string(row.text));
            const Reading reading = read(row.text);
            CAPTURE(reading.said());
            CHECK(reading.said().find(row.complaint) != std::string::npos);
            CHECK(reading.diagnostics.failed() == row.error);
            CHECK(reading.configuration.services.size() == (row.error ? 0 : 1));
        }
    }

    TEST_CASE("who tells of all services is not for everybody") {
        const struct {
            const char* text;
            bool warned;
        } cases[] = {
            {"7000 stream tcp nowait nobody internal services\n", true},
            {"7000 stream tcp nowait nobody internal SERVICES\n", true},
            {"192.0.2.1:7000 stream tcp nowait nobody internal services\n", true},
            {"127.0.0.1,192.0.2.1:7000 stream tcp nowait nobody internal services\n", true},
            {"7000 stream tcp nowait nobody internal echo\n", false},
            {"127.0.0.1,[::1]:7000 stream tcp nowait nobody internal services\n", false},
            {"/run/s stream unix nowait nobody internal services\n", false},
            {"7000 stream tcp nowait nobody internal services\n[7000]\nonly_from = 10.0.0.0/8\n",
             false},
            {"7000 stream tcp nowait nobody internal services\n[defaults]\nonly_from =\n", false},
        };
        for (const auto& row : cases) {
            CAPTURE(std::string(row.text));
            const Reading reading = read(row.text);
            CAPTURE(reading.said());
            CHECK_FALSE(reading.diagnostics.failed());
            CHECK((reading.said().find("of all services and their clients") != std::string::npos) ==
                  row.warned);
        }
    }

    TEST_CASE("multicast DNS: whatever cannot be announced is told, and served") {
        const struct {
            const char* text;
            const char* said;  ///< empty: nothing
        } rows[] = {
            {"7000 stream tcp nowait nobody internal echo\n[7000]\nmdns = no\n", ""},
            {"7000 stream tcp nowait nobody internal echo\n[7000]\nmdns = yes\n"
             "mdns_type = _x-1._tcp\nmdns_name = \"echo of %h\"\n",
             ""},
            {"echo stream tcp nowait nobody internal\n[echo]\nmdns = yes\n", ""},
            {"echo stream tcp nowait nobody internal\n[defaults]\nmdns = yes\n", ""},
            {"7000 stream tcp nowait nobody internal echo\n[7000]\nmdns = yes\n",
             "`_7000._tcp` is no type of service"},
            {"7000 stream tcp nowait nobody internal echo\n[defaults]\nmdns = yes\n",
             "`_7000._tcp` is no type of service"},
            {"/run/x stream unix nowait nobody internal echo\n[/run/x]\nmdns = yes\n",
             "what has no port"},
            {"/run/x stream unix nowait nobody internal echo\n[defaults]\nmdns = yes\n", ""},
            {"echo stream tcp nowait nobody internal\n[echo]\nmdns_name = x\n",
             "without mdns nothing is announced"},
        };
        for (const auto& row : rows) {
            const Reading reading = read(row.text);
            CAPTURE(row.text);
            CAPTURE(reading.said());
            CHECK_FALSE(reading.diagnostics.failed());
            CHECK(reading.only() != nullptr);
            if (*row.said == '\0')
                CHECK(reading.said().empty());
            else
                CHECK(reading.said().find(row.said) != std::string::npos);
        }
    }

    TEST_CASE("multicast DNS: a minetd that announces nothing says so on the host") {
        LoadOptions here = options();
        here.check_host = true;
        const std::string text = "echo stream tcp nowait nobody internal\n[echo]\nmdns = yes\n";
        const Reading reading = read(text, here);
        CHECK((reading.said().find("built without libavahi-client") != std::string::npos) ==
              !avahi::available());
        CHECK(reading.only() != nullptr);
        CHECK(read(text).said().empty());
    }

    TEST_CASE("multicast DNS: names and types that are none are refused with advice") {
        const struct {
            const char* line;
            const char* said;
        } rows[] = {
            {"mdns_type = _http", "`_http` is no type of service"},
            {"mdns_type = http._tcp", "is no type of service"},
            {"mdns_type = _http._sctp", "is no type of service"},
            {"mdns_type = _1234._tcp", "is no type of service"},
            {"mdns_type = _a--b._tcp", "is no type of service"},
            {"mdns_type = _-ab._udp", "is no type of service"},
            {"mdns_type = _sixteen-letters-._udp", "is no type of service"},
            {"mdns_name = \"%x\"", "`%x` stands for nothing"},
            {"mdns_name = \"100%\"", "`%` stands for nothing"},
            {"mdns_name = \"\xff\"", "byte 1 is not UTF-8"},
            {"mdns_name = \"\"", "mdns_name"},
        };
        for (const auto& row : rows) {
            const Reading reading = read(std::string("echo stream tcp nowait nobody internal\n") +
                                         "[echo]\nmdns = yes\n" + row.line + "\n");
            CAPTURE(row.line);
            CAPTURE(reading.said());
            CHECK(reading.diagnostics.errors() > 0);
            CHECK(reading.said().find(row.said) != std::string::npos);
        }
        ServiceSpec spec;
        spec.name = "tftp";
        spec.protocol = "udp";
        CHECK(discovery_type(spec) == "_tftp._udp");
        CHECK(is_discovery_type("_fifteen-letter._tcp"));
        spec.mdns.type = "_http._tcp";
        CHECK(discovery_type(spec) == "_http._tcp");
    }

    TEST_CASE("a minetd that cannot register says so on the host, and still converts") {
        LoadOptions here = options();
        here.check_host = true;
        const std::string text = "100001/1 dgram rpc/udp wait root /bin/cat\n";
        const bool refused =
            read(text, here).said().find("built without libtirpc") != std::string::npos;
        CHECK(refused == !rpcbind::available());
        CHECK(read(text).only() != nullptr);
    }
}
