// SPDX-License-Identifier: ISC
// What clients are told before they are served or refused, in every way of serving.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"

using namespace minetd;

namespace {

constexpr const char* ways[] = {
    "nowait {user} /bin/cat cat",   "nowait {user} internal echo", "prefork {user} /bin/cat cat",
    "prefork {user} internal echo", "worker {user} internal echo", "event {user} internal echo",
};

std::string service(const std::string& way, const std::string& settings) {
    return "{echo} stream tcp4 " + way +
           "\n[{echo}]\nid = echo\nbanner = {dir}/all\n"
           "banner_success = {dir}/in\nbanner_fail = {dir}/out\n" +
           settings;
}

/// A directory with the three banners in it, which outlives the daemon.
struct Texts {
    TemporaryDirectory directory;
    Texts() {
        write("all", "for all\n");
        write("in", "welcome\n");
        write("out", "go away\n");
    }
    void write(const std::string& name, const std::string& text) const {
        write_file(directory.path() + "/" + name, text);
    }
    /// The configuration with this directory for `{dir}`.
    std::string expand(std::string text) const {
        for (std::size_t at; (at = text.find("{dir}")) != std::string::npos;)
            text.replace(at, 5, directory.path());
        return text;
    }
};

}  // namespace

TEST_SUITE_BEGIN("banner");

TEST_CASE("banner comes first, then banner_success or banner_fail, then the service or the end") {
    const Texts texts;
    for (const std::string way : ways) {
        CAPTURE(way);
        DaemonUnderTest daemon(texts.expand(service(way, "instances = 1\n")));
        const auto port = daemon.port("echo");
        Client client(port);
        client.send("hello\n");
        CHECK(client.line() == "for all\n");
        CHECK(client.line() == "welcome\n");
        CHECK(client.line() == "hello\n");
        // Whoever has talked already hears the banner all the same, and a proper end.
        Client refused(port);
        refused.send("let me in\n");
        CHECK(refused.rest() == "for all\ngo away\n");
        CHECK(refused.end() == Client::End::closed);
    }
}

TEST_CASE("a banner of 16 KiB arrives whole, and a client that reads nothing holds up nobody") {
    const Texts texts;
    const std::string large(16 * 1024, 'x');
    texts.write("all", large);
    for (const std::string way : ways) {
        CAPTURE(way);
        DaemonUnderTest daemon(
            texts.expand(service(way, "no_access = 127.0.0.2\nmax_request_workers = 20\n")));
        const auto port = daemon.port("echo");
        std::vector<Client> silent;
        for (int i = 0; i < 10; ++i) silent.emplace_back(port);
        Client client(port);
        client.send("hello\n");
        client.finish();
        CHECK(client.rest() == large + "welcome\nhello\n");
        Client refused(address_of("127.0.0.1", port), SOCK_STREAM, address_of("127.0.0.2", 0));
        CHECK(refused.rest() == large + "go away\n");
        for (Client& one : silent) one.close();
    }
}

TEST_CASE("banners are read again with every reload, though nothing else has changed") {
    const Texts texts;
    for (const std::string way : ways) {
        CAPTURE(way);
        texts.write("in", "welcome\n");
        const std::string configuration = texts.expand(service(way, ""));
        DaemonUnderTest daemon(configuration);
        const auto greeting = [&daemon] {
            Client client(daemon.port("echo"));
            client.line();
            return client.line();
        };
        CHECK(greeting() == "welcome\n");
        texts.write("in", "hello again\n");
        CHECK(greeting() == "welcome\n");
        daemon.reload(configuration);
        // Servers of before the reload may take a connection more.
        daemon.await([&] { return greeting() == "hello again\n"; }, "the new banner");
    }
}

TEST_CASE("a service without its banner is served, and the log says why there is none") {
    const TemporaryDirectory nothing;
    DaemonUnderTest daemon(
        "{echo} stream tcp4 nowait {user} /bin/cat\n[{echo}]\nid = echo\n"
        "banner = " +
        nothing.path() + "/none\n");
    daemon.await_output("/none: No such file or directory");
    Client client(daemon.port("echo"));
    CHECK(client.ask("hello\n") == "hello\n");
}

TEST_SUITE_END();
