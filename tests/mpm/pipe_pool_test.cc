// SPDX-License-Identifier: ISC
#include "mpm/pipe_pool.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <set>
#include <vector>

using namespace minetd;

TEST_SUITE("mpm") {
    TEST_CASE("pipe pool: an empty pipe, which nobody waits in and no program inherits") {
        PipePool pool;
        const Pipe pipe = pool.take();
        REQUIRE(pipe);
        for (const int end : {pipe.in.get(), pipe.out.get()}) {
            CHECK((::fcntl(end, F_GETFL) & O_NONBLOCK) != 0);
            CHECK((::fcntl(end, F_GETFD) & FD_CLOEXEC) != 0);
        }
        char byte = 'x';
        CHECK(::read(pipe.out.get(), &byte, 1) == -1);
        CHECK(::write(pipe.in.get(), &byte, 1) == 1);
        CHECK(::read(pipe.out.get(), &byte, 1) == 1);
    }

    TEST_CASE("pipe pool: one at a time is always the same; of many some are kept") {
        PipePool pool;
        Pipe pipe = pool.take();
        const int in = pipe.in.get();
        for (int i = 0; i < 100; ++i) {
            pool.give_back(std::move(pipe));
            pipe = pool.take();
            CHECK(pipe.in.get() == in);
        }
        std::vector<Pipe> many;
        std::set<int> ends;
        for (int i = 0; i < 40; ++i) {
            many.push_back(pool.take());
            REQUIRE(many.back());
            ends.insert(many.back().in.get());
            ends.insert(many.back().out.get());
        }
        CHECK(ends.size() == 80);
        for (Pipe& one : many) pool.give_back(std::move(one));
        std::size_t open = 0;
        for (const int end : ends) open += ::fcntl(end, F_GETFD) != -1;
        CHECK(open == 32);
    }
}
