// SPDX-License-Identifier: ISC
#include "services/output_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "services/connection.h"

using namespace minetd;

namespace {

const auto nothing = std::make_shared<const UniqueFd>();

/// Takes everything in bites of `most`: bytes as they are, files as [offset+length].
std::string drain(OutputQueue& queue, std::size_t most) {
    std::string seen;
    while (!queue.empty()) {
        if (const std::string_view bytes = queue.bytes(); !bytes.empty()) {
            const std::size_t count = std::min(bytes.size(), most);
            seen += bytes.substr(0, count);
            queue.consume(count);
            continue;
        }
        const FileRange& range = queue.file();
        const std::size_t count = std::min<std::size_t>(range.length, most);
        seen += '[' + std::to_string(range.offset) + '+' + std::to_string(count) + ']';
        queue.consume(count);
    }
    return seen;
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("output queue: bytes and files leave in the order they came") {
        OutputQueue queue;
        queue.append("head1 ");
        queue.append({nothing, 100, 5});
        queue.append("head");
        queue.append("2 ");
        queue.append({nothing, 0, 1});
        queue.append({nothing, 7, 2});
        queue.append({nothing, 9, 0});  // nothing of a file is nothing
        queue.append("end");
        CHECK(queue.size() == 6 + 5 + 6 + 1 + 2 + 3);
        CHECK(queue.bytes() == "head1 ");
        CHECK(drain(queue, 1000) == "head1 [100+5]head2 [0+1][7+2]end");
        CHECK(queue.size() == 0);
        CHECK_FALSE(queue.has_file());
    }

    TEST_CASE("output queue: any bite takes the same, and what is owed goes down with it") {
        for (const std::size_t bite : {1, 2, 3, 5}) {
            CAPTURE(bite);
            OutputQueue queue;
            queue.append("ab");
            queue.append({nothing, 10, 3});
            queue.append("c");
            queue.consume(1);
            queue.append({nothing, 20, 1});
            CHECK(queue.size() == 1 + 3 + 1 + 1);
            const std::string seen = drain(queue, bite);
            CHECK(seen.front() == 'b');
            CHECK(seen.substr(seen.size() - 7) == "c[20+1]");
        }
    }

    TEST_CASE("output queue: a file is let go when its last byte has gone, or all is forgotten") {
        auto file = std::make_shared<const UniqueFd>();
        OutputQueue queue;
        queue.append({file, 0, 2});
        queue.append({file, 0, 2});
        CHECK(file.use_count() == 3);
        queue.consume(2);
        CHECK(file.use_count() == 2);
        queue.append("x");
        queue.clear();
        CHECK(file.use_count() == 1);
        CHECK(queue.empty());
        queue.append("again");
        CHECK(queue.bytes() == "again");
    }

    TEST_CASE("output queue: an idle connection holds no memory for its output") {
        CHECK(sizeof(Connection) <= 2 * sizeof(SocketAddress) + 224);
        OutputQueue queue;
        queue.append("bytes");
        queue.append({nothing, 0, 1});
        CHECK(drain(queue, 9) == "bytes[0+1]");
        queue.shrink();
        queue.append("more");
        CHECK(drain(queue, 9) == "more");
    }
}
