// SPDX-License-Identifier: ISC
#include "services/module.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/registry.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"

using namespace minetd;

namespace {

std::string built(const std::string& name) {
    return MINETD_TEST_MODULES "/" + name + ".so";
}

/// Why the module is not to be used; empty when it is.
std::string fault(const std::string& file) {
    try {
        Module module(file);
        return "";
    } catch (const std::exception& problem) {
        return problem.what();
    }
}

struct Said {
    Level level;
    std::string text;
};

/// A module with its handler, and what it logged.
struct Opened {
    explicit Opened(const std::string& name, std::vector<std::string> arguments = {}) {
        context.service = "unit";
        context.arguments = std::move(arguments);
        handler = make_module_handler(Module(built(name)), context,
                                      [this](Level level, std::string_view text) {
                                          said.push_back({level, std::string(text)});
                                      });
    }
    ServiceContext context;
    std::vector<Said> said;
    std::unique_ptr<Handler> handler;
};

/// A stream that is a text, for the blocking form.
class TextStream final : public BlockingStream {
  public:
    explicit TextStream(std::string input) : input_(std::move(input)) {}
    ssize_t read(std::span<char> room) noexcept override {
        flush();
        const std::size_t size = std::min(room.size(), input_.size());
        input_.copy(room.data(), size);
        input_.erase(0, size);
        return static_cast<ssize_t>(size);
    }
    bool write(std::string_view bytes) noexcept override {
        flush();
        output += bytes;
        return true;
    }
    Connection& connection() noexcept override { return connection_; }

    std::string output;

  private:
    void flush() {
        output += connection_.output_queue().bytes();
        connection_.output_queue().clear();
    }
    std::string input_;
    Connection connection_{{}, {}};
};

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("module: what cannot be used says why and what to do") {
        const std::pair<const char*, const char*> cases[] = {
            {"probe", ""},
            {"blocking", ""},
            {"newer", "it was built for a newer one"},
            {"newer_flags", "it was built for a newer one"},
            {"other_version", "it speaks version 7 of the interface, this minetd 1"},
            {"short", "its description has 16 bytes"},
            {"huge", "its description has 4294967295 bytes"},
            {"no_symbol", "it does not define minetd_module; see minetd-service(3)"},
            {"no_flags", "neither MINETD_STREAM nor MINETD_DATAGRAM"},
            {"unresolved", "undefined symbol: nobody_defines_this"},
            {"none_of_this_name", "No such file or directory"},
        };
        for (const auto& [a, b] : cases) {
            const char *const name = a, *const why = b;  // clang 14 captures no bindings
            CAPTURE(std::string(name));
            const std::string said = fault(built(name));
            CAPTURE(said);
            CHECK(said.empty() == (*why == '\0'));
            CHECK(said.find(why) != said.npos);
            if (!said.empty()) CHECK(said.find(built(name)) != said.npos);
        }
        CHECK(fault("/dev/null").find("it is not a regular file") != std::string::npos);
        CHECK(fault(MINETD_TEST_SOURCES "/meson.build").find("it is not a shared object") !=
              std::string::npos);
    }

    TEST_CASE("module: one that is cut off anywhere is refused, and does not crash its host") {
        std::ifstream whole(built("probe"), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(whole), {}};
        REQUIRE(bytes.size() > 4096);
        char directory[] = "/tmp/minetd-test-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{3}, std::size_t{63}, std::size_t{64}, std::size_t{200},
              std::size_t{4096}, std::size_t{12000}}) {
            CAPTURE(size);
            const std::string file = std::string(directory) + "/" + std::to_string(size) + ".so";
            std::ofstream(file, std::ios::binary) << bytes.substr(0, size);
            const std::string said = fault(file);
            CHECK(said.find(size < 64 ? "it is not a shared object" : "it is cut off after") !=
                  said.npos);
        }
        std::filesystem::remove_all(directory);
    }

    TEST_CASE("module: open, its arguments, its refusal, close") {
        {
            Opened probe("probe", {"the first", "the second"});
            FakeDriver client(*probe.handler);
            client.send("argument\nservice\npeer\n");
            CHECK(client.received() == "the first\nunit\n0\n");
        }
        CHECK_THROWS_WITH_AS(
            Opened("probe", {"refuse"}),
            ("the module " + built("probe") + " does not start: it was told to refuse").c_str(),
            std::runtime_error);

        const std::string mark = std::filesystem::temp_directory_path() /
                                 ("minetd-closed-" + std::to_string(::getpid()));
        std::ofstream(mark) << "here";
        { Opened closing("probe", {"closing", mark}); }
        CHECK_FALSE(std::filesystem::exists(mark));
    }

    TEST_CASE("module: its flags are the handler's traits") {
        const HandlerTraits step = Opened("probe").handler->traits();
        CHECK((step.stream && step.datagram && step.thread_safe));
        CHECK((step.never_blocks && step.client_speaks_first && !step.blocking));
        const HandlerTraits blocking = Opened("blocking").handler->traits();
        CHECK((blocking.stream && !blocking.datagram && !blocking.thread_safe));
        CHECK((!blocking.never_blocks && !blocking.client_speaks_first && blocking.blocking));
    }

    TEST_CASE("module: lines in every rhythm, with a state of each connection's own") {
        Opened probe("probe");
        for (const std::size_t read_size :
             {std::size_t{1}, std::size_t{3}, FakeDriver::unlimited}) {
            FakeDriver one(*probe.handler, {.read_size = read_size}),
                other(*probe.handler, {.read_size = read_size});
            one.send("count\ncount\n");
            other.send("count\n");
            one.send("count\n");
            CHECK(one.received() == "1\n2\n3\n");
            CHECK(other.received() == "1\n");
            CHECK(one.next() == Next::read);
            one.send("coun");
            one.end();
            CHECK(one.closed());
        }
    }

    TEST_CASE("module: a state is freed once, whatever ends its connection") {
        Opened probe("probe");
        const auto states = [&] {
            FakeDriver asking(*probe.handler);
            asking.send("states\n");
            int made = 0, freed = 0;
            REQUIRE(std::sscanf(asking.received().c_str(), "%d made, %d freed", &made, &freed) ==
                    2);
            return made - freed - 1;  // its own
        };
        CHECK(states() == 0);
        {
            FakeDriver silent(*probe.handler), replaced(*probe.handler);
            CHECK(states() == 2);
            replaced.send("replace\ncount\n");
            CHECK(replaced.received() == "1\n");
            CHECK(states() == 2);
        }
        CHECK(states() == 0);
        for (const char* end : {"quit\n", "nonsense\n", "much\n"})
            FakeDriver(*probe.handler, {.window = 0}).send(end);
        CHECK(states() == 0);
    }

    TEST_CASE("module: a step that returns nonsense closes its connection, and it is said") {
        Opened probe("probe");
        FakeDriver client(*probe.handler);
        client.send("service\nnonsense\ncount\n");
        CHECK(client.received() == "unit\n");
        CHECK(client.closed());
        REQUIRE(probe.said.size() == 1);
        CHECK(probe.said[0].level == Level::error);
        CHECK(probe.said[0].text ==
              "unit: on_input returned 77, which is no minetd_next; the connection is closed");
    }

    TEST_CASE("module: it may log, take more than there is, and ask for a call of the other form") {
        Opened probe("probe");
        FakeDriver client(*probe.handler);
        client.send("log\ngreedy\nread\n");
        CHECK(client.received().empty());  // `read` was consumed with all the rest
        client.send("read\ncount\n");
        CHECK(client.received() == "-1\n4\n");
        REQUIRE(probe.said.size() == 1);
        CHECK(probe.said[0].level == Level::warning);
        CHECK(probe.said[0].text == "unit: told to log\nthis");
    }

    TEST_CASE("module: a piece of a file goes in its place between bytes") {
        Opened probe("probe", {MINETD_TEST_SOURCES "/main.cc"});
        FakeDriver client(*probe.handler);
        client.send("count\nfile\ncount\n");
        CHECK(client.received() == "1\nSPDX-License\n3\n");
    }

    TEST_CASE("module: the blocking form reads and writes by itself") {
        Opened blocking("blocking");
        TextStream stream("one\nthree\ncount\n");
        blocking.handler->serve(stream);
        CHECK(stream.output == "3\n5\n3\n5\n");
    }

    TEST_CASE("module: a datagram's last reply goes back") {
        Opened probe("probe");
        for (const std::string payload : {"", "x", "a question"}) {
            const SocketAddress peer;
            Datagram datagram(peer, payload);
            probe.handler->on_datagram(datagram);
            REQUIRE(datagram.reply().has_value());
            CHECK(*datagram.reply() == payload);
        }
    }

    TEST_CASE("module: a service gets the handler of its name, if that serves its kind of socket") {
        const ServiceContext context;
        const auto made = [&](const std::string& name, SocketType type) -> std::string {
            ServiceSpec spec;
            spec.builtin = name;
            spec.socket_type = type;
            try {
                return make_handler(spec, context, [](Level, std::string_view) {}) ? "made" : "?";
            } catch (const std::exception& problem) {
                return problem.what();
            }
        };
        CHECK(made("echo", SocketType::dgram) == "made");
        CHECK(made("tcpmux", SocketType::dgram) == "tcpmux does not serve datagrams");
        CHECK(made(built("probe"), SocketType::dgram) == "made");
        CHECK(made(built("blocking"), SocketType::stream) == "made");
        CHECK(made(built("blocking"), SocketType::dgram) ==
              built("blocking") + " does not serve datagrams");
        CHECK(made("no_module_of_this_name", SocketType::stream).find("No such file") !=
              std::string::npos);
        CHECK(made("../escape", SocketType::stream) == "there is no builtin ../escape");
    }
}
