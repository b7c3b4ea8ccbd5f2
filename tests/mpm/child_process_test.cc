// SPDX-License-Identifier: ISC
#include "mpm/child_process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "mpm/dispatcher.h"
#include "mpm/restart.h"

using namespace minetd;

namespace {

struct World {
    EventLoop loop;
    Children children;
    Launcher launcher;
    BoardRegistry boards;
    std::vector<std::string> log;
    Runtime runtime{.loop = loop,
                    .children = children,
                    .launcher = launcher,
                    .boards = boards,
                    .record = {},
                    .log = [this](Level, const std::string& line) { log.push_back(line); },
                    .reap = {},
                    .look_around = {},
                    .pass = {},
                    .touched = {}};
};

/// Whose child says a letter, hears one and ends with its number.
struct Parent : ChildOwner {
    explicit Parent(World& whole) : world(whole) {}
    void on_exit(const Exit& exit) noexcept override { ends.push_back(exit); }

    static ForkedChild fork() {
        return fork_with_channel("child", {}, [](Channel& parent) {
            parent.send("a", 1);
            char letter = 0;
            std::size_t size = 0;
            UniqueFd none;
            for (;;) switch (parent.receive(&letter, 1, size, none)) {
                    case Channel::Received::nothing:
                        ::usleep(1000);
                        continue;
                    case Channel::Received::end:
                        return 0;
                    case Channel::Received::message:
                        return static_cast<int>(letter);
                }
        });
    }
    void place(ForkedChild forked) {
        child = std::make_unique<ChildProcess>(world.runtime, *this, std::move(forked), [this] {
            char letter = 0;
            std::size_t size = 0;
            UniqueFd none;
            if (child->channel().receive(&letter, 1, size, none) == Channel::Received::message)
                heard += letter;
            else
                child->stop_listening();
            world.loop.stop();
        });
    }
    /// Until its end was told.
    void await_end() {
        const std::size_t before = ends.size();
        for (int tries = 0; tries < 10'000 && ends.size() == before; ++tries) {
            world.children.reap_all();
            ::usleep(1000);
        }
        REQUIRE(ends.size() == before + 1);
    }

    World& world;
    std::unique_ptr<ChildProcess> child;
    std::string heard;
    std::vector<Exit> ends;
};

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("a child is heard over its channel, and its owner is told how it ended") {
        World world;
        Parent parent(world);
        parent.place(Parent::fork());
        CHECK(world.children.count() == 1);
        world.loop.run();
        CHECK(parent.heard == "a");
        parent.child->channel().send("\7", 1);
        const pid_t pid = parent.child->pid();
        parent.await_end();
        CHECK(parent.ends[0].pid == pid);
        CHECK(end_text(parent.ends[0].status) == "ended with status 7");
    }

    TEST_CASE("hanging up is heard by the child, and a signal ends it") {
        World world;
        Parent parent(world);
        parent.place(Parent::fork());
        world.loop.run();
        SUBCASE("hung up") {
            parent.child->hang_up();
            parent.await_end();
            CHECK(end_text(parent.ends[0].status) == "ended with status 0");
        }
        SUBCASE("killed") {
            parent.child->signal(SIGKILL);
            parent.await_end();
            CHECK(end_text(parent.ends[0].status) == "was killed by signal 9");
        }
    }

    TEST_CASE("a child of a former image is heard on, one that was told to end only ends") {
        World world;
        Parent parent(world);
        ForkedChild forked = Parent::fork();
        const int number = forked.channel.fd();
        HandedChild handed;
        {
            Parent former(world);
            former.place(std::move(forked));
            handed = former.child->hand_over();
            CHECK(handed.channel.number == number);
            handed.channel = {::fcntl(number, F_DUPFD_CLOEXEC, 0)};
        }
        CHECK(world.children.count() == 0);
        parent.place(handed.take());
        CHECK(world.children.count() == 1);
        world.loop.run();
        CHECK(parent.heard == "a");
        parent.child->hang_up();
        CHECK(parent.child->hand_over().channel.number == -1);
        ForkedChild ending = parent.child->hand_over().take();
        parent.child.reset();
        parent.place(std::move(ending));
        CHECK(world.children.count() == 1);
        parent.await_end();
    }

    TEST_CASE("the end of a child whose owner has gone is nobody's") {
        World world;
        Parent parent(world);
        parent.place(Parent::fork());
        const pid_t pid = parent.child->pid();
        parent.child.reset();
        CHECK(world.children.count() == 0);
        REQUIRE(::waitpid(pid, nullptr, 0) == pid);
        CHECK(parent.ends.empty());
    }

    TEST_CASE("a failure is told, with how long its pause is, and the pause ends") {
        World world;
        int starts = 0;
        Restart restart(world.runtime, [&] {
            ++starts;
            world.loop.stop();
        });
        const Exit killed{.pid = 42, .status = SIGKILL, .usage = {}};
        const Exit failed{.pid = 43, .status = 3 << 8, .usage = {}};
        restart.ended("web", killed, true);
        CHECK_FALSE(restart.pauses());
        restart.ended("web", failed, false);
        CHECK(restart.pauses());
        restart.cancel();
        CHECK_FALSE(restart.pauses());
        restart.start_failed("web", EAGAIN);
        CHECK(restart.pauses());
        CHECK(world.log ==
              std::vector<std::string>{"web: process 42 was killed by signal 9; replaced",
                                       "web: process 43 ended with status 3; next start in 1 s",
                                       "web: cannot start its process: Resource temporarily "
                                       "unavailable; next try in 2 s"});
        restart.forget();
        CHECK_FALSE(restart.pauses());
        restart.ended("web", failed, false);
        CHECK(world.log.back() == "web: process 43 ended with status 3; next start in 1 s");
        restart.served();
        restart.ended("web", failed, false);
        world.loop.run();
        CHECK(starts == 1);
        CHECK_FALSE(restart.pauses());
    }
}
