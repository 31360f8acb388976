/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Samples of a view by range.  Whole records come in chunks that fit the
 * second-level cache and are taken apart channel by channel, so that writes
 * run on; parts of records, records longer than a chunk, and few channels out
 * of many are read by channel.  What comes out does not depend on the way.
 */
#include "io/edf/edf.h"

#include <math.h>

#define CHUNK 524288

size_t
edf_work_size (void)
{
  return CHUNK + EDF_SLACK;
}

/* Samples [from, from + n) of one record, channel by channel. */
static bool
read_part (const edf_view *v, int64_t record, int64_t from, int64_t n, double *out, int64_t stride, uint8_t *work)
{
  const edf_header *h = &v->file->header;
  const int64_t at = h->size + record * h->record_bytes;
  const int64_t most = CHUNK / h->width;
  for (int c = 0; c < v->n_channels; c++) {
    const edf_signal *s = &h->signals[v->channels[c].signal];
    for (int64_t i = 0; i < n;) {
      const int64_t m = n - i < most ? n - i : most;
      if (!edf_bytes_read (v->file->bytes, at + s->at + (from + i) * h->width, work, (size_t)(m * h->width)))
        return false;
      edf_scale (work, h->width, (size_t)m, s->gain, s->offset, out + c * stride + i);
      i += m;
    }
  }
  return true;
}

/* k whole records. */
static bool
read_whole (const edf_view *v, int64_t record, int64_t k, double *out, int64_t stride, uint8_t *work)
{
  const edf_header *h = &v->file->header;
  if (!edf_bytes_read (v->file->bytes, h->size + record * h->record_bytes, work, (size_t)(k * h->record_bytes)))
    return false;
  for (int c = 0; c < v->n_channels; c++) {
    const edf_signal *s = &h->signals[v->channels[c].signal];
    for (int64_t r = 0; r < k; r++)
      edf_scale (work + r * h->record_bytes + s->at, h->width, (size_t)v->n_record, s->gain, s->offset,
                 out + c * stride + r * v->n_record);
  }
  return true;
}

static bool
read_records (const edf_view *v, const edf_span *span, int64_t off, int64_t n, double *out, int64_t stride,
              uint8_t *work)
{
  const edf_header *h = &v->file->header;
  const int64_t wanted = v->n_channels * v->n_record * h->width;
  const bool sparse = h->record_bytes > 16384 && wanted < h->record_bytes / 16;
  const int64_t most = sparse ? 0 : CHUNK / h->record_bytes;
  while (n > 0) {
    const int64_t record = span->record + off / v->n_record, from = off % v->n_record;
    int64_t done = v->n_record - from;
    if (from == 0 && n >= v->n_record && most > 0) {
      const int64_t k = n / v->n_record < most ? n / v->n_record : most;
      done = k * v->n_record;
      if (!read_whole (v, record, k, out, stride, work))
        return false;
    } else {
      done = n < done ? n : done;
      if (!read_part (v, record, from, done, out, stride, work))
        return false;
    }
    off += done;
    out += done;
    n -= done;
  }
  return true;
}

static void
fill_gap (const edf_view *v, int64_t n, double *out, int64_t stride)
{
  for (int c = 0; c < v->n_channels; c++)
    for (int64_t i = 0; i < n; i++)
      out[c * stride + i] = NAN;
}

bool
edf_view_read (const edf_view *v, int64_t first, int64_t n, double *out, int64_t stride, void *work)
{
  size_t low = 0, high = v->n_spans;
  while (high - low > 1) {
    const size_t mid = (low + high) / 2;
    if (v->spans[mid].start <= first)
      low = mid;
    else
      high = mid;
  }
  for (; n > 0 && low < v->n_spans; low++) {
    const edf_span *s = &v->spans[low];
    const int64_t off = first - s->start, left = s->n - off;
    const int64_t m = n < left ? n : left;
    if (s->record < 0)
      fill_gap (v, m, out, stride);
    else if (!read_records (v, s, off, m, out, stride, work))
      return false;
    first += m;
    out += m;
    n -= m;
  }
  return n == 0;
}
