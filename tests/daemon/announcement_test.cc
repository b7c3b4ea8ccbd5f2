// SPDX-License-Identifier: ISC
#include "daemon/announcement.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "daemon/os/socket.h"
#include "daemon/service_announcements.h"

using namespace minetd;

namespace {

Announcements numbered(std::uint32_t first, std::size_t count) {
    Announcements all(count);
    for (Announcement& one : all) one.program = first++;
    return all;
}

SocketAddress at(const char* host, std::uint16_t port) {
    return resolve(host, port, AF_UNSPEC).front();
}

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("announcements: a set goes over whole, however much of it fits at once") {
        auto [parent, child] = Channel::pair();
        AnnouncementFeed feed;
        AnnouncementReader reader;
        Announcements heard;
        using Heard = AnnouncementReader::Heard;
        CHECK(reader.receive(child, heard) == Heard::nothing);

        for (const std::size_t count : {1U, 0U, 3U, 5000U, 2U}) {
            CAPTURE(count);
            const Announcements all = numbered(100, count);
            feed.restart();
            bool sent = false;
            Heard last = Heard::nothing;
            for (int turn = 0; turn < 5000 && !sent; ++turn) {
                CHECK(last == Heard::nothing);
                sent = feed.send(parent, all);
                last = reader.receive(child, heard);
            }
            REQUIRE(sent);
            CHECK(last == Heard::news);
            CHECK(heard == all);
        }

        // A set that is overtaken by another one is never seen.
        const Announcements old = numbered(1, 5000), fresh = numbered(9000, 2);
        feed.restart();
        REQUIRE_FALSE(feed.send(parent, old));
        CHECK(reader.receive(child, heard) == Heard::nothing);
        feed.restart();
        REQUIRE(feed.send(parent, fresh));
        CHECK(reader.receive(child, heard) == Heard::news);
        CHECK(heard == fresh);

        parent.close();
        CHECK(reader.receive(child, heard) == Heard::end);
    }

    TEST_CASE("announcements: reports come back in one piece, and no longer than a line") {
        auto [parent, child] = Channel::pair();
        Level level{};
        std::string text;
        CHECK_FALSE(receive_report(parent, level, text));
        CHECK(send_report(child, Level::error, "cannot register"));
        CHECK(send_report(child, Level::notice, std::string(5000, 'x')));
        CHECK(send_report(child, static_cast<Level>(77), ""));
        REQUIRE(receive_report(parent, level, text));
        CHECK(level == Level::error);
        CHECK(text == "cannot register");
        REQUIRE(receive_report(parent, level, text));
        CHECK(level == Level::notice);
        CHECK(text == std::string(507, 'x'));
        REQUIRE(receive_report(parent, level, text));
        CHECK(level == Level::debug);
        CHECK(text.empty());
        child.close();
        CHECK_FALSE(receive_report(parent, level, text));
    }

    TEST_CASE("announcements: an RPC program is registered for each socket") {
        const struct {
            const char* name;
            Family family;
            std::optional<bool> v6only;
            std::vector<std::pair<SocketAddress, bool>> sockets;  ///< and whether specific
            std::vector<std::string> registered;
        } rows[] = {
            {"one for each family",
             Family::any,
             {},
             {{at("0.0.0.0", 7), false}, {at("::", 8), false}},
             {"0.0.0.0:7", "[::]:8"}},
            {"a dual socket is reached both ways",
             Family::dual,
             {},
             {{at("::", 8), false}},
             {"[::]:8", "0.0.0.0:8"}},
            {"unless it is told not to", Family::dual, true, {{at("::", 8), false}}, {"[::]:8"}},
            {"one address", Family::dual, {}, {{at("::1", 8), true}}, {"[::1]:8"}},
            {"the buckets of a pool",
             Family::v4,
             {},
             {{at("0.0.0.0", 7), false}, {at("0.0.0.0", 7), false}},
             {"0.0.0.0:7"}},
            {"no socket yet", Family::any, {}, {}, {}},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            ServiceSpec spec;
            spec.id = std::string(100, 'n');
            spec.socket_type = SocketType::dgram;
            spec.family = row.family;
            spec.v6only = row.v6only;
            std::vector<ListeningSocket> sockets;
            for (const auto& [address, specific] : row.sockets)
                sockets.push_back({.fd = -1, .address = address, .specific = specific, .host = {}});
            CHECK(rpc_announcements(spec, sockets).empty());
            spec.rpc = {.number = 100001, .low = 2, .high = 4};
            std::vector<std::string> registered;
            for (const Announcement& one : rpc_announcements(spec, sockets)) {
                registered.push_back(one.address.str());
                CHECK(one.program == 100001);
                CHECK(one.low == 2);
                CHECK(one.high == 4);
                CHECK(one.datagram == 1);
                CHECK(one.service == std::string(63, 'n'));
            }
            CHECK(registered == row.registered);
        }
    }

    TEST_CASE("announcements: over multicast DNS, a service with a port and a type") {
        std::vector<ListeningSocket> sockets;
        for (const SocketAddress& address : {at("0.0.0.0", 80), at("192.0.2.1", 0)})
            sockets.push_back({.fd = -1, .address = address, .specific = false, .host = {}});
        ServiceSpec spec;
        spec.id = spec.name = "http";
        spec.family = Family::v4;
        spec.interface = "eth0";
        CHECK(mdns_announcements(spec, sockets).empty());
        spec.mdns.announced = true;
        spec.mdns.name = "Web of %h";
        const Announcements all = mdns_announcements(spec, sockets);
        REQUIRE(all.size() == 1);
        CHECK(all[0].address.str() == "0.0.0.0:80");
        CHECK(all[0].service == std::string("http"));
        CHECK(all[0].name == std::string("Web of %h"));
        CHECK(all[0].type == std::string("_http._tcp"));
        CHECK(all[0].interface == std::string("eth0"));
        CHECK(all[0].program == 0);
        for (Announcement other = all[0]; char* text : {other.name, other.type, other.interface}) {
            const char was = std::exchange(text[0], 'x');
            CHECK_FALSE(other == all[0]);
            text[0] = was;
        }
        spec.name = "7000";
        CHECK(mdns_announcements(spec, sockets).empty());
    }
}
