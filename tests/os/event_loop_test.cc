// SPDX-License-Identifier: ISC
#include "daemon/os/event_loop.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>

#include <string>

#include "daemon/os/process.h"
#include "daemon/os/signals.h"
#include "daemon/os/unique_fd.h"

using namespace minetd;

TEST_SUITE("os") {
    TEST_CASE("a descriptor is reported as long as it is readable and watched") {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        const UniqueFd read_end(ends[0]), write_end(ends[1]);
        EventLoop loop;
        int calls = 0;
        FdEvent event(loop, read_end.get(), [&] {
            if (++calls == 3) event.disable();  // the loop has nothing left and returns
        });
        event.enable();
        CHECK(event.enabled());
        REQUIRE(::write(write_end.get(), "x", 1) == 1);
        loop.run();
        CHECK(calls == 3);
        CHECK_FALSE(event.enabled());
    }

    TEST_CASE("a descriptor can be waited for to be written to") {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
        const UniqueFd read_end(ends[0]), write_end(ends[1]);
        const std::string block(4096, 'x');
        while (::write(write_end.get(), block.data(), block.size()) > 0) {
        }
        EventLoop loop;
        std::size_t emptied = 0;
        FdEvent writable(
            loop, write_end.get(),
            [&] {
                CHECK(emptied > 0);
                loop.stop();
            },
            FdEvent::For::output);
        Timer reader(loop, [&] {
            std::string bytes(block.size(), '\0');
            emptied += static_cast<std::size_t>(::read(read_end.get(), bytes.data(), bytes.size()));
        });
        writable.enable();
        reader.schedule(1);
        loop.run();
        CHECK(emptied == block.size());
    }

    TEST_CASE("a timer fires once, and not after it was cancelled") {
        EventLoop loop;
        int fired = 0, never = 0;
        Timer cancelled(loop, [&] { ++never; });
        Timer timer(loop, [&] {
            ++fired;
            cancelled.cancel();
        });
        timer.schedule(1);
        cancelled.schedule(60'000);
        CHECK(timer.pending());
        loop.run();
        CHECK(fired == 1);
        CHECK(never == 0);
    }

    TEST_CASE(
        "signals arrive through the loop, and a forked process keeps only what it was given") {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        const UniqueFd read_end(ends[0]), write_end(ends[1]);
        // In a process of its own: the signals of the test's process are left alone.
        const int keep[] = {write_end.get()};
        const int given = write_end.get(), other = read_end.get();
        const pid_t pid = fork_process("signals", keep, [&] {
            const bool closed = ::fcntl(other, F_GETFD) < 0 && ::fcntl(given, F_GETFD) >= 0;
            take_over_signals();
            EventLoop loop;
            int got = 0;
            SignalEvents signals(loop, [&](int signal, pid_t sender, int) {
                if (sender == ::getpid()) got = signal;
                loop.stop();
            });
            ::kill(::getpid(), SIGUSR1);
            loop.run();
            int ended = 0;
            ChildSignal children(loop, [&] {
                for (Exit exit = reap(); exit.pid != 0; exit = reap()) ++ended;
                if (ended == 20) loop.stop();
            });
            for (int i = 0; i < 20; ++i)
                if (fork_process("child", {}, [] { return 0; }) < 0) return 1;
            loop.run();
            return closed && got == SIGUSR1 && ended == 20 ? 7 : 1;
        });
        REQUIRE(pid > 0);
        int status = 0;
        REQUIRE(::waitpid(pid, &status, 0) == pid);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 7);
    }
}
