// SPDX-License-Identifier: ISC
// Forwarded in great amounts: every byte arrives, and is counted.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "daemon/os/socket_address.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/forwarding.h"

using namespace minetd;

namespace {

/// What passed, and a checksum of it (FNV-1a, by words).
struct Sum {
    std::size_t size = 0;
    std::uint64_t hash = 0xCBF29CE484222325U;
    std::string rest;  ///< of a word that is not whole yet

    void add(std::string_view bytes) {
        size += bytes.size();
        rest += bytes;
        std::size_t at = 0;
        for (std::uint64_t word; at + sizeof word <= rest.size(); at += sizeof word) {
            std::memcpy(&word, rest.data() + at, sizeof word);
            hash = (hash ^ word) * 0x100000001B3U;
        }
        rest.erase(0, at);
    }
};

/// Sends so many bytes (a multiple of 8), of numbers that follow from the seed.
Sum send_numbers(int fd, std::uint64_t seed, std::size_t size) {
    Sum sum;
    std::vector<std::uint64_t> words(8192);
    while (sum.size < size) {
        for (std::uint64_t& word : words) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            word = seed;
        }
        const std::string_view bytes(reinterpret_cast<const char*>(words.data()),
                                     std::min(words.size() * 8, size - sum.size));
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t sent = ::send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) return sum;
            at += static_cast<std::size_t>(sent);
        }
        sum.add(bytes);
    }
    return sum;
}

/// Adds what comes, until there are `size` bytes in all, or the end.
Sum read_sum(int fd, std::size_t size, std::size_t at_once, Sum sum = {}) {
    std::string room(at_once, '\0');
    while (sum.size < size) {
        const ssize_t got = ::recv(fd, room.data(), std::min(room.size(), size - sum.size), 0);
        if (got <= 0) break;
        sum.add(std::string_view(room).substr(0, static_cast<std::size_t>(got)));
    }
    return sum;
}

}  // namespace

TEST_SUITE_BEGIN("redirect");

TEST_CASE("more than any buffer holds, and what was forwarded is told exactly") {
    DaemonUnderTest daemon(forwarding());
    std::string much;
    for (unsigned i = 0; much.size() < 8'000'000; ++i) much += std::to_string(i * 2654435761U);
    for_each_mpm([&](const std::string& mpm) {
        const std::string id = std::to_string(daemon.port(mpm));
        Client client(daemon.port(mpm));
        std::thread sender([&] {
            for (std::size_t at = 0; at < much.size();) {
                const ssize_t sent =
                    ::send(client.fd(), much.data() + at, much.size() - at, MSG_NOSIGNAL);
                if (sent <= 0) break;
                at += static_cast<std::size_t>(sent);
            }
            ::shutdown(client.fd(), SHUT_WR);
        });
        const std::string got = client.rest();
        sender.join();
        CHECK(got.size() == much.size());
        CHECK(got == much);
        const std::string size = std::to_string(much.size());
        daemon.await_output("TRAFFIC: " + id + " in=" + size + "(bytes) out=" + size + "(bytes)");
    });
}

TEST_CASE("twenty megabytes each way at once, or a hundred, past a reader who stops half-way") {
    DaemonUnderTest daemon(forwarding("", "{other}"));
    Destination destination(daemon.port("other"));
    for_each_mpm([&](const std::string& mpm) {
        const std::size_t size = mpm == "event" ? 100'000'000 : 20'000'000;
        Client client(daemon.port(mpm));
        SocketAddress peer;
        const UniqueFd there = destination.accept(peer);
        std::promise<void> half_way;
        Sum sent_up, sent_down, got_up, got_down;
        std::thread up([&] { sent_up = send_numbers(client.fd(), 1, size); });
        std::thread down([&] { sent_down = send_numbers(there.get(), 2, size); });
        std::thread slow([&] {
            got_up = read_sum(there.get(), size / 4, 4096);
            half_way.get_future().wait();
            got_up = read_sum(there.get(), size, 65536, got_up);
        });
        got_down = read_sum(client.fd(), size / 2, 65536);
        half_way.set_value();
        got_down = read_sum(client.fd(), size, 65536, got_down);
        for (std::thread* one : {&up, &down, &slow}) one->join();
        CHECK(got_up.size == size);
        CHECK(got_down.size == size);
        CHECK(got_up.hash == sent_up.hash);
        CHECK(got_down.hash == sent_down.hash);
        CHECK(got_up.hash != got_down.hash);
        const std::string text = std::to_string(size);
        client.finish();
        REQUIRE(::shutdown(there.get(), SHUT_WR) == 0);
        daemon.await_output("TRAFFIC: " + std::to_string(daemon.port(mpm)) + " in=" + text +
                            "(bytes) out=" + text + "(bytes)");
    });
}

TEST_SUITE_END();
