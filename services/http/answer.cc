// SPDX-License-Identifier: ISC
#include "services/http/answer.h"

#include <random>
#include <string>
#include <vector>

#include "services/http/conditions.h"
#include "services/http/ranges.h"
#include "services/http/response_head.h"
#include "services/http/target.h"

namespace minetd::http {
namespace {

constexpr std::string_view allowed = "GET, HEAD, OPTIONS";

/// Between the parts of an answer; unknown to who writes the files, who could else put it there.
const std::string& boundary() {
    static const std::string text = [] {
        std::random_device random;
        std::string made = "minetd";
        for (int i = 0; i < 4; ++i) made += '-' + std::to_string(random());
        return made;
    }();
    return text;
}

/// One answer on its way out.
class Answer {
  public:
    Answer(Connection& connection, const Request& request, bool keep_alive,
           std::time_t now) noexcept
        : connection_(connection), request_(request), keep_alive_(keep_alive), now_(now) {}

    void give(Files& files);
    void page(int status, std::string_view name = {}, std::string_view value = {});
    void text(int status, std::string_view type, std::string_view text, Field field);

  private:
    void file(const File& file);
    void whole(const File& file);
    void not_modified(const File& file);
    void part(const File& file, const ByteRange& range);
    void parts(const File& file, const std::vector<ByteRange>& ranges);

    /// Ends a head with what it says of the connection.
    void finish(ResponseHead& head);
    void send_head(std::string_view head);
    void send_bytes(const File& file, std::uint64_t offset, std::uint64_t length);
    bool is_usual() const noexcept { return keep_alive_ && request_.is_1_1; }
    std::string_view connection_field() const noexcept {
        return keep_alive_ ? "keep-alive" : "close";
    }

    Connection& connection_;
    const Request& request_;
    bool keep_alive_;
    std::time_t now_;
};

std::string content_range(const ByteRange& range, std::uint64_t size) {
    return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/' +
           std::to_string(size);
}

void Answer::finish(ResponseHead& head) {
    if (!is_usual()) head.add("Connection", connection_field());
    connection_.send(head.finish());
}

/// A head that is ready, but for what it says of the connection.
void Answer::send_head(std::string_view head) {
    if (is_usual()) return connection_.send(head);
    connection_.send(head.substr(0, head.size() - 2));
    connection_.send("Connection: ");
    connection_.send(connection_field());
    connection_.send("\r\n\r\n");
}

void Answer::send_bytes(const File& file, std::uint64_t offset, std::uint64_t length) {
    if (file.is_small())
        connection_.send(file.body().substr(offset, length));
    else
        connection_.send_file(file.descriptor(), static_cast<off_t>(offset), length);
}

void Answer::page(int status, std::string_view name, std::string_view value) {
    text(status, status_page_type, status_page(status), {name, value});
}

void Answer::text(int status, std::string_view type, std::string_view text, Field field) {
    ResponseHead head(status, now_);
    head.add("Content-Type", type);
    head.add("Content-Length", text.size());
    if (!field.name.empty()) head.add(field.name, field.value);
    finish(head);
    if (request_.method != Request::Method::head) connection_.send(text);
}

void Answer::whole(const File& file) {
    if (request_.method == Request::Method::head) return send_head(file.head());
    if (file.is_small() && is_usual()) return connection_.send(file.response());
    send_head(file.head());
    send_bytes(file, 0, file.size());
}

void Answer::not_modified(const File& file) {
    const Validators validators = file.validators();
    ResponseHead head(304, now_);
    head.add("Last-Modified", view(format_date(validators.modified)));
    head.add("ETag", validators.etag);
    finish(head);
}

void Answer::part(const File& file, const ByteRange& range) {
    const Validators validators = file.validators();
    ResponseHead head(206, now_);
    head.add("Content-Type", file.type());
    head.add("Content-Length", range.length());
    head.add("Content-Range", content_range(range, file.size()));
    head.add("Last-Modified", view(format_date(validators.modified)));
    head.add("ETag", validators.etag);
    finish(head);
    send_bytes(file, range.first, range.length());
}

void Answer::parts(const File& file, const std::vector<ByteRange>& ranges) {
    std::vector<std::string> heads;
    const std::string end = "\r\n--" + boundary() + "--\r\n";
    std::uint64_t length = end.size();
    for (const ByteRange& range : ranges) {
        heads.push_back("\r\n--" + boundary() + "\r\nContent-Type: " + std::string(file.type()) +
                        "\r\nContent-Range: " + content_range(range, file.size()) + "\r\n\r\n");
        length += heads.back().size() + range.length();
    }
    const Validators validators = file.validators();
    ResponseHead head(206, now_);
    head.add("Content-Type", "multipart/byteranges; boundary=" + boundary());
    head.add("Content-Length", length);
    head.add("Last-Modified", view(format_date(validators.modified)));
    head.add("ETag", validators.etag);
    finish(head);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        connection_.send(heads[i]);
        send_bytes(file, ranges[i].first, ranges[i].length());
    }
    connection_.send(end);
}

void Answer::file(const File& file) {
    if (request_.is_conditional()) {
        const Verdict verdict = judge(request_, file.validators());
        if (verdict == Verdict::not_modified) return not_modified(file);
        if (verdict == Verdict::failed) return page(412);
    }
    // A range means something for GET only (RFC 9110, 14.2).
    if (request_.range.empty() || request_.method != Request::Method::get ||
        !range_applies(request_, file.validators(), now_))
        return whole(file);
    const auto ranges = parse_ranges(request_.range, file.size());
    if (!ranges) return whole(file);
    if (ranges->empty())
        return page(416, "Content-Range", "bytes */" + std::to_string(file.size()));
    ranges->size() == 1 ? part(file, ranges->front()) : parts(file, *ranges);
}

void Answer::give(Files& files) {
    if (request_.method == Request::Method::options) {
        ResponseHead head(200, now_);
        head.add("Allow", allowed);
        head.add("Content-Length", 0);
        return finish(head);
    }
    if (request_.method == Request::Method::other) return page(405, "Allow", allowed);
    TargetParts target;
    if (!split_target(request_.target, target)) return page(400);
    const Files::Found found = files.find(target.path, now_);
    if (found.status == 301)
        return page(301, "Location", found.location + std::string(target.query));
    found.status == 200 ? file(*found.file) : page(found.status);
}

}  // namespace

void answer(Connection& connection, Files& files, const Request& request, bool keep_alive,
            std::time_t now) noexcept {
    Answer(connection, request, keep_alive, now).give(files);
}

void answer_text(const Answering& to, int status, std::string_view type, std::string_view text,
                 Field field) {
    Answer(to.connection, to.request, to.keep_alive, to.now).text(status, type, text, field);
}

void answer_status(const Answering& to, int status, Field field) {
    Answer(to.connection, to.request, to.keep_alive, to.now).page(status, field.name, field.value);
}

void refuse(Connection& connection, int status, std::time_t now) noexcept {
    Answer(connection, Request(), false, now).page(status);
}

}  // namespace minetd::http
