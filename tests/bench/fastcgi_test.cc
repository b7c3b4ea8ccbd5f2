// SPDX-License-Identifier: ISC

#include "tests/bench/fastcgi.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

namespace minetd::bench {

TEST_SUITE("bench") {
    TEST_CASE("a request is the records that the specification asks for") {
        struct Header {
            unsigned type;
            std::string content;
        };
        const std::string request = fastcgi_request("/srv/ok.php");
        std::vector<Header> records;
        for (std::size_t at = 0; at < request.size();) {
            REQUIRE(request.size() - at >= 8);
            const auto byte = [&](std::size_t offset) {
                return static_cast<unsigned>(static_cast<unsigned char>(request[at + offset]));
            };
            CHECK(byte(0) == 1);                   // the version
            CHECK((byte(2) << 8 | byte(3)) == 1);  // the request
            CHECK(byte(6) == 0);                   // padding
            const std::size_t length = byte(4) << 8 | byte(5);
            REQUIRE(request.size() - at - 8 >= length);
            records.push_back({byte(1), request.substr(at + 8, length)});
            at += 8 + length;
        }
        REQUIRE(records.size() == 4);
        CHECK(records[0].type == 1);
        CHECK(records[0].content == std::string("\0\1\0\0\0\0\0\0", 8));
        CHECK(records[1].type == 4);
        CHECK(records[1].content ==
              "\x0f\x0bSCRIPT_FILENAME/srv/ok.php\x0e\x03REQUEST_METHODGET\x0c" +
                  std::string(1, '\0') + "QUERY_STRING");
        CHECK(records[2].type == 4);
        CHECK(records[2].content.empty());
        CHECK(records[3].type == 5);
        CHECK(records[3].content.empty());
    }

    TEST_CASE("a path that is too long is refused") {
        CHECK_NOTHROW(fastcgi_request(std::string(127, 'x')));
        CHECK_THROWS_AS(fastcgi_request(std::string(128, 'x')), std::invalid_argument);
    }
}

}  // namespace minetd::bench
