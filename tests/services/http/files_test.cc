// SPDX-License-Identifier: ISC
#include "services/http/files.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/services/http/site.h"

using namespace minetd;
using namespace minetd::http;

namespace {

constexpr std::time_t now = 2'000'000'000;

std::string contents(const std::shared_ptr<const File>& file) {
    if (file->is_small()) return std::string(file->body());
    std::string bytes(file->size(), '\0');
    REQUIRE(::pread(file->descriptor()->get(), bytes.data(), bytes.size(), 0) ==
            static_cast<ssize_t>(bytes.size()));
    return bytes;
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("http files: what a path finds, and that nothing outside is found") {
        const Site site;
        site.write("index.html", "top");
        site.write("a.txt", "a");
        site.write("b b.txt", "b");
        site.write("deep/er/index.htm", "deeper");
        site.write("deep/er/page", "page");
        site.write("none/x", "x");
        site.write("locked", "x");
        site.write("../secret", "secret");
        site.write("../www-beside/secret", "secret");
        site.write("dir/index.html/x", "a directory is no index");
        site.write("dir/index.htm", "dir");
        ::chmod(site.path("locked").c_str(), 0);
        site.link("a.txt", "inside");
        site.link("../../a.txt", "deep/er/up");
        site.link("er", "deep/dir");
        site.link("../secret", "out");
        site.link(site.root() + "/a.txt", "absolute");
        site.link("/proc/self/root/etc/passwd", "magic");
        site.link("/etc", "etc");
        site.link("loop", "loop");
        site.link("nowhere", "dangling");
        REQUIRE(::mkfifo(site.path("fifo").c_str(), 0644) == 0);
        const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const UniqueFd owned(listener);
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        site.path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);

        const int locked = ::geteuid() == 0 ? 200 : 403;
        const struct {
            std::string path;
            int status;
            const char* text;  ///< of the file, or the location
        } cases[] = {
            {"/", 200, "top"},
            {"/index.html", 200, "top"},
            {"/a.txt", 200, "a"},
            {"//a.txt", 200, "a"},
            {"/a%2Etxt", 200, "a"},
            {"/b%20b.txt", 200, "b"},
            {"/deep/er/", 200, "deeper"},
            {"/deep/er/page", 200, "page"},
            {"/dir/", 200, "dir"},
            {"/inside", 200, "a"},
            {"/deep/er/up", 200, "a"},
            {"/deep/dir/", 200, "deeper"},
            {"/deep", 301, "/deep/"},
            {"/deep/er", 301, "/deep/er/"},
            {"//deep", 301, "/deep/"},
            {"/deep/dir", 301, "/deep/dir/"},
            {"/locked", locked, "x"},
            {"/a.txt/", 404, ""},
            {"/a.txt/x", 404, ""},
            {"/none/", 404, ""},
            {"/missing", 404, ""},
            {"/A.TXT", 404, ""},
            {"/../secret", 404, ""},
            {"/..%2fsecret", 404, ""},
            {"/%2e%2e/secret", 404, ""},
            {"/../www-beside/secret", 404, ""},
            {"/out", 404, ""},
            {"/absolute", 404, ""},
            {"/magic", 404, ""},
            {"/etc/passwd", 404, ""},
            {"/etc", 404, ""},
            {"/loop", 404, ""},
            {"/dangling", 404, ""},
            {"/fifo", 404, ""},
            {"/socket", 404, ""},
            {'/' + std::string(300, 'x'), 404, ""},
            {'/' + std::string(6000, 'x'), 404, ""},
            {"/%", 400, ""},
        };
        Files files(site.root(), {"index.html", "index.htm"});
        for (int round = 0; round < 2; ++round) {  // the second from memory
            CAPTURE(round);
            for (const auto& c : cases) {
                CAPTURE(c.path.substr(0, 40));
                const Files::Found found = files.find(c.path, now);
                REQUIRE(found.status == c.status);
                REQUIRE((found.file != nullptr) == (c.status == 200));
                if (c.status == 200) CHECK(contents(found.file) == c.text);
                if (c.status == 301) CHECK(found.location == c.text);
            }
        }
    }

    TEST_CASE("http files: a change is seen in the next second") {
        const Site site;
        Files files(site.root(), {"index.html"});
        const auto found = [&files](const char* path, std::time_t at) {
            const Files::Found what = files.find(path, at);
            return what.file ? contents(what.file) : std::to_string(what.status);
        };
        CHECK(found("/a", now) == "404");
        site.write("a", "one");
        CHECK(found("/a", now) == "one");
        site.write("a", "two");  // of the same size and time
        CHECK(found("/a", now) == "one");
        CHECK(found("/a", now + 1) == "two");
        site.write("a", "longer", Site::written + 1);
        CHECK(found("/a", now + 2) == "longer");
        std::filesystem::remove(site.path("a"));
        CHECK(found("/a", now + 2) == "longer");
        CHECK(found("/a", now + 3) == "404");
        CHECK(found("/a", now + 3) == "404");

        site.write("d/x", "x");
        CHECK(found("/d/", now) == "404");
        site.write("d/index.html", "index");
        CHECK(found("/d/", now) == "index");
    }

    TEST_CASE("http files: a file that is still is read once, and its tag is strong") {
        const Site site;
        site.write("still", "x");
        site.write("young", "x", now - 1);
        site.write("future", "x", now + 1000);
        Files files(site.root(), {});
        const auto etag = [&](const char* path, std::time_t at) {
            return std::string(files.find(path, at).file->validators().etag);
        };
        const std::string still = etag("/still", now);
        CHECK(still == "\"1-ae1b981bc490a00\"");
        CHECK(etag("/still", now + 100) == still);
        CHECK(etag("/young", now).starts_with("W/\"1-"));
        CHECK(etag("/young", now + 1).starts_with("\"1-"));
        CHECK(etag("/future", now).starts_with("W/"));
        CHECK(files.find("/future", now).file->validators().modified == now);
        const std::shared_ptr<const File> first = files.find("/still", now).file;
        CHECK(first->response().find("Date: Wed, 18 May 2033 03:33:20 GMT") != std::string::npos);
        const std::shared_ptr<const File> second = files.find("/still", now + 1).file;
        CHECK(second->response().find("Date: Wed, 18 May 2033 03:33:21 GMT") != std::string::npos);
        CHECK(second->body() == "x");
    }

    TEST_CASE("http files: small ones are kept in memory, as many as there is room for") {
        const Site site;
        site.write("small", std::string(small_file_max, 's'));
        site.write("large", std::string(small_file_max + 1, 'l'));
        Files files(site.root(), {});
        CHECK(files.find("/small", now).file->is_small());
        CHECK(files.find("/small", now).file == files.find("/small", now).file);
        CHECK_FALSE(files.find("/large", now).file->is_small());
        CHECK(files.find("/large", now).file != files.find("/large", now).file);

        constexpr int many = 3 * FileCache::shards * FileCache::files_per_shard;
        for (int i = 0; i < many; ++i) site.write("f" + std::to_string(i), std::to_string(i));
        int kept = 0;
        for (int i = 0; i < many; ++i)
            CHECK(contents(files.find("/f" + std::to_string(i), now).file) == std::to_string(i));
        FileCache cache;
        const auto file = files.find("/f0", now).file;
        for (int i = 0; i < many; ++i) cache.put("/f" + std::to_string(i), file, now);
        for (int i = 0; i < many; ++i) kept += cache.find("/f" + std::to_string(i), now).checked;
        CHECK(kept <= static_cast<int>(FileCache::shards * FileCache::files_per_shard));
        CHECK(kept > 100);
        cache.put(std::string(300, 'k'), file, now);
        CHECK(cache.find(std::string(300, 'k'), now).file == nullptr);
    }

    TEST_CASE("http files: any number of threads see whole files") {
        const Site site;
        Files files(site.root(), {});
        for (const char* name : {"a", "b"}) site.write(name, std::string(5000, *name));
        std::vector<std::thread> threads;
        std::atomic<int> wrong = 0;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 2000; ++i) {
                    const char name = i % 2 == 0 ? 'a' : 'b';
                    const auto found = files.find(std::string("/") + name, now + i / 100);
                    if (!found.file || found.file->body() != std::string(5000, name)) ++wrong;
                }
            });
        for (std::thread& thread : threads) thread.join();
        CHECK(wrong == 0);
    }

    TEST_CASE("http files: a directory that cannot be served is an error at the start") {
        const Site site;
        site.write("file", "x");
        for (const std::string& directory :
             {std::string("relative"), std::string(), site.path("missing"), site.path("file")}) {
            CAPTURE(directory);
            CHECK_THROWS_WITH(Files(directory, {}), doctest::Contains("http: "));
        }
    }
}
