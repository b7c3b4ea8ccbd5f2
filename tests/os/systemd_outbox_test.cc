// SPDX-License-Identifier: ISC
#include "daemon/os/systemd_outbox.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/os/notify_socket.h"

using namespace minetd;

namespace {

/// A manager that reads only when it is told to.
class SlowManager {
  public:
    SlowManager() { ::setenv("NOTIFY_SOCKET", socket_.name().c_str(), 1); }
    ~SlowManager() { ::unsetenv("NOTIFY_SOCKET"); }

    /// Runs the loop until it has read this.
    void read_until(EventLoop& loop, const std::string& last) {
        FdEvent event(loop, socket_.fd(), [&] {
            for (std::vector<UniqueFd> came;; came.clear()) {
                const auto message = socket_.receive_with(came);
                if (!message) return;
                read.emplace_back(message->text);
                descriptors += came.size();
                if (message->text == last) return loop.stop();
            }
        });
        event.enable();
        loop.run();
    }

    std::vector<std::string> read;
    std::size_t descriptors = 0;

  private:
    NotifySocket socket_;
};

/// More than the kernel lets wait in one socket (net.unix.max_dgram_qlen).
constexpr int many = 600;

}  // namespace

TEST_SUITE("os") {
    TEST_CASE("what a slow service manager has no room for reaches it later, in order") {
        SlowManager manager;
        EventLoop loop;
        std::vector<std::string> problems;
        systemd::Outbox outbox(loop, [&](const std::string& text) { problems.push_back(text); });
        for (int i = 0; i < many; ++i)
            CHECK(systemd::deliver("FDSTORE=1\nFDNAME=" + std::to_string(i), STDIN_FILENO));
        for (int i = 0; i < many; ++i)
            CHECK(systemd::deliver("STATUS=" + std::to_string(i)));  // the last one says it all
        CHECK(systemd::deliver("READY=1"));
        manager.read_until(loop, "READY=1");
        REQUIRE(manager.read.size() == many + 2);
        for (int i = 0; i < many; ++i)
            CHECK(manager.read[static_cast<std::size_t>(i)] ==
                  "FDSTORE=1\nFDNAME=" + std::to_string(i));
        CHECK(manager.read[many] == "STATUS=" + std::to_string(many - 1));
        CHECK(manager.descriptors == many);
        CHECK(systemd::deliver("STATUS=at once"));
        manager.read_until(loop, "STATUS=at once");
        CHECK(problems.empty());
    }

    TEST_CASE("a service manager that does not read is not waited for, and this is told once") {
        SlowManager manager;
        EventLoop loop;
        std::vector<std::string> problems;
        systemd::Outbox outbox(loop, [&](const std::string& text) { problems.push_back(text); });
        bool kept = true;
        for (int i = 0; i < 6000 && kept; ++i) kept = systemd::deliver("X=" + std::to_string(i));
        CHECK_FALSE(kept);  // there is an end to what is kept for it
        CHECK_FALSE(systemd::deliver("READY=1"));
        CHECK(problems.size() == 1);
        outbox.finish(10);
        CHECK(problems.size() == 1);
        outbox.finish(10);
    }

    TEST_CASE("without an outbox, or a manager, a message is sent at once or not at all") {
        ::unsetenv("NOTIFY_SOCKET");
        CHECK_FALSE(systemd::deliver("READY=1"));
        for (const char* name : {"", "/", "relative", "vsock:2:1", "/no/such/socket"}) {
            ::setenv("NOTIFY_SOCKET", name, 1);
            CHECK_FALSE(systemd::deliver("READY=1"));
        }
        SlowManager manager;
        bool sent = true;
        for (int i = 0; i < many && sent; ++i) sent = systemd::deliver("STATUS=x");
        CHECK_FALSE(sent);
    }
}
