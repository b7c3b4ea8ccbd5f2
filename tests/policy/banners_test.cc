// SPDX-License-Identifier: ISC
#include "daemon/policy/banners.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "daemon/config/banner_file.h"
#include "daemon/os/unique_fd.h"

using namespace minetd;

namespace {

struct Pair {
    UniqueFd ours, theirs;
    Pair() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        ours.reset(ends[0]);
        theirs.reset(ends[1]);
    }
    /// What the client has been told, and whether that was the end.
    std::string told(bool& ended) const {
        std::string text;
        char bytes[1024];
        ssize_t got;
        while ((got = ::recv(theirs.get(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
            text.append(bytes, static_cast<std::size_t>(got));
        ended = got == 0;
        return text;
    }
};

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("banners come in xinetd's order, the one for everybody first") {
        const struct {
            Banners banners;
            const char *greeted, *dismissed;
        } rows[] = {
            {{"all\n", "in\n", "out\n"}, "all\nin\n", "all\nout\n"},
            {{"", "in\n", "out\n"}, "in\n", "out\n"},
            {{"all\n", "", ""}, "all\n", "all\n"},
            {{"", "", ""}, "", ""},
        };
        for (const auto& row : rows) {
            bool ended = false;
            const Pair in, out;
            greet(in.ours.get(), row.banners);
            CHECK(in.told(ended) == row.greeted);
            CHECK_FALSE(ended);
            // What a client has said already does not destroy what it is told.
            REQUIRE(::send(out.theirs.get(), "hello", 5, 0) == 5);
            dismiss(out.ours.get(), row.banners);
            const std::string told = out.told(ended);
            CHECK(told == row.dismissed);
            CHECK(ended == !told.empty());
        }
    }

    TEST_CASE("nobody waits for a client that does not read") {
        const Pair pair;
        const Banners banners{std::string(longest_banner, 'x'), "", ""};
        for (int i = 0; i < 1000; ++i) greet(pair.ours.get(), banners);
        bool ended = false;
        CHECK(pair.told(ended).size() >= longest_banner);
        Pair gone;
        gone.theirs.reset();
        greet(gone.ours.get(), banners);
        dismiss(gone.ours.get(), banners);
    }

    TEST_CASE("a banner is a file of a bounded size") {
        char directory[] = "/tmp/minetd-banner-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        std::string path = std::string(directory) + "/banner";
        std::ofstream(path) << "welcome\n";
        CHECK(read_banner(path) == "welcome\n");
        std::ofstream(path) << std::string(longest_banner, 'x');
        CHECK(read_banner(path).size() == longest_banner);
        std::ofstream(path) << std::string(longest_banner + 1, 'x');
        CHECK_THROWS_AS(read_banner(path), std::length_error);
        ::unlink(path.c_str());
        CHECK_THROWS_AS(read_banner(path), std::runtime_error);
        CHECK_THROWS_AS(read_banner(directory), std::runtime_error);
        // Whoever opened a FIFO would wait.
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        CHECK(read_banner(path).empty());
        ::unlink(path.c_str());
        ServiceSpec spec;
        CHECK_FALSE(wants_banners(spec));
        spec.banner = path;
        std::ofstream(path = std::string(directory) + "/fail") << "no\n";
        spec.banner_fail = path;
        CHECK(wants_banners(spec));
        int complaints = 0;
        CHECK(read_banners(spec, [&](const std::string&) { ++complaints; }) ==
              Banners{"", "", "no\n"});
        CHECK(complaints == 1);
        ::unlink(path.c_str());
        ::rmdir(directory);
    }
}
